// ConfBridge tells participants what happens in the room by SIP MESSAGE inside the call, as JSON.

/** The content type of those messages. */
export const ROOM_EVENT_TYPE = "application/x-asterisk-confbridge-event+json";

/**
 * @typedef {{id: string, name: string, own: boolean}} Person
 * @typedef {{type: "present", people: Person[]}
 *   | {type: "joined" | "left", person: Person}
 *   | {type: "talking", person: Person, on: boolean}
 *   | {type: "room_mute", muted: boolean}} RoomEvent
 */

/**
 * What a message from the room means to the page. Unknown or damaged messages mean nothing: the room's software may
 * learn new ones.
 * @param {string} body
 * @param {string} extension the PC's own number, by which it finds itself
 * @returns {RoomEvent[]}
 */
export function roomEvents(body, extension) {
  const event = parsed(body);
  /** @type {any[]} */
  const channels = Array.isArray(event?.channels) ? event.channels.filter(isChannel) : [];
  if (channels.length === 0) return [];
  const people = channels.map((channel) => personOf(channel, extension));
  const [first] = channels;
  const [person] = people;
  switch (event.type) {
    case "ConfbridgeWelcome":
      // The flags in a welcome are those of who is being welcomed, repeated for everybody.
      return [{ type: "present", people }, ...ownMute(first.muted)];
    case "ConfbridgeJoin":
      return [{ type: "joined", person }, ...(person.own ? ownMute(first.muted) : [])];
    case "ConfbridgeLeave":
      return [{ type: "left", person }];
    case "ConfbridgeTalking":
      return [{ type: "talking", person, on: first.talking_status === "on" }];
    case "ConfbridgeMute":
    case "ConfbridgeUnmute":
      return person.own ? ownMute(event.type === "ConfbridgeMute") : [];
    default:
      return [];
  }
}

/** @param {string} body @returns {any} */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** @param {any} channel */
function isChannel(channel) {
  return typeof channel?.id === "string";
}

/** @param {any} channel @param {string} extension @returns {Person} */
function personOf(channel, extension) {
  const number = String(channel.caller?.number ?? "");
  return { id: channel.id, name: String(channel.caller?.name || number || "?"), own: number === extension };
}

/** @param {unknown} muted @returns {RoomEvent[]} */
function ownMute(muted) {
  return typeof muted === "boolean" ? [{ type: "room_mute", muted }] : [];
}
