// The SIP side: one connection to the MCU, one call at a time. Tells what happens as events of the machine.
import JsSIP from "jssip";
import { q850Of } from "./causes.js";
import { preparePeer } from "./media.js";
import { ROOM_EVENT_TYPE, roomEvents } from "./room_events.js";

/** @typedef {import("./config.js").Config} Config */
/** @typedef {Record<string, unknown> & {type: string}} Happening an event of the machine, without its time */

// Below this a dead connection is noticed by the registration's refresh before people notice it.
const REGISTER_SECONDS = 90;

export class Phone {
  /** @type {any} */ #agent = null;
  /** @type {any} */ #session = null;
  #call = 0;

  /**
   * @param {Config} config
   * @param {(happening: any) => void} tell
   * @param {(stream: MediaStream) => void} show the room's picture and sound
   */
  constructor(config, tell, show) {
    this.config = config;
    this.tell = tell;
    this.show = show;
  }

  /** The peer connection of the present call. @returns {RTCPeerConnection | null} */
  get peer() {
    return this.#session?.connection ?? null;
  }

  /** The serial number of the present call, 0 when there is none. */
  get call() {
    return this.#session ? this.#call : 0;
  }

  /** Make a new connection; an old one is dropped with all it carried. */
  connect() {
    this.#drop();
    const { config } = this;
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(config.server)],
      uri: config.uri,
      authorization_user: config.extension,
      password: config.secret,
      display_name: config.name,
      register: true,
      register_expires: REGISTER_SECONDS,
      session_timers: false,
      connection_recovery_min_interval: 2,
      connection_recovery_max_interval: 30,
      user_agent: "hntt-room",
    });
    this.#agent = agent;
    this.#listen(agent);
    agent.start();
  }

  /** Sign in again over the connection there is. */
  register() {
    this.#agent?.register();
  }

  /** @param {any} agent */
  #listen(agent) {
    /** @param {string} name @param {(event: any) => void} react */
    const on = (name, react) =>
      agent.on(name, (/** @type {any} */ event) => {
        if (agent === this.#agent) react(event);
      });
    on("connected", () => this.tell({ type: "link_up" }));
    on("disconnected", () => this.tell({ type: "link_down" }));
    on("registered", () => this.tell({ type: "registered" }));
    on("registrationFailed", (event) =>
      this.tell({ type: "register_failed", status: event.response?.status_code ?? null }),
    );
    on("newMessage", (event) => this.#onMessage(event));
    on("newRTCSession", (event) => {
      // Nobody rings a meeting PC.
      if (event.originator === "remote") event.session.terminate({ status_code: 603 });
    });
  }

  /**
   * Call the room.
   * @param {number} call serial number, named in everything told about this call
   * @param {MediaStream | null} stream own picture and sound
   */
  dial(call, stream) {
    this.#call = call;
    const session = this.#agent.call(this.config.room, {
      mediaStream: stream ?? undefined,
      mediaConstraints: { audio: false, video: false },
      pcConfig: { iceServers: [] },
    });
    this.#session = session;
    /** @param {string} name @param {(event: any) => void} react */
    const on = (name, react) => session.on(name, react);
    on("accepted", () => this.tell({ type: "accepted", call }));
    on("failed", (event) => this.#over(session, { type: "failed", call, status: event.message?.status_code ?? null }));
    on("ended", (event) => this.#over(session, endOf(event, call)));
    // The offer is made after this returns, so what is laid out now is in it.
    this.#watch(session.connection, call, stream);
  }

  /** @param {RTCPeerConnection} peer @param {number} call @param {MediaStream | null} stream */
  #watch(peer, call, stream) {
    preparePeer(peer, stream, this.config.call_kbps);
    const room = new MediaStream();
    peer.addEventListener("track", (event) => {
      room.addTrack(event.track);
      this.show(room);
    });
    peer.addEventListener("connectionstatechange", () => {
      if (peer.connectionState === "failed") this.tell({ type: "ice_failed", call });
    });
  }

  /** @param {any} session @param {Happening} happening */
  #over(session, happening) {
    if (session === this.#session) this.#session = null;
    this.tell(happening);
  }

  /** End the call of this number, when it is still there: BYE, or CANCEL before it was answered. @param {number} call */
  hangUp(call) {
    const session = this.#session;
    if (!session || call !== this.#call) return;
    this.#session = null;
    if (!session.isEnded()) session.terminate();
  }

  /** @param {number} call @param {string} keys DTMF */
  sendKeys(call, keys) {
    if (call === this.#call) this.#session?.sendDTMF(keys, { transportType: "RFC2833" });
  }

  /** @param {any} event a MESSAGE, of the room within the call or of the chair outside it */
  #onMessage(event) {
    if (event.originator !== "remote") return;
    const type = String(event.request.getHeader("Content-Type") ?? "").split(";")[0].trim().toLowerCase();
    const body = String(event.request.body ?? "");
    if (type === ROOM_EVENT_TYPE) {
      for (const told of roomEvents(body, this.config.extension)) {
        this.tell({ type: "room", call: this.#call, event: told });
      }
    } else if (type === "text/plain" && body.trim() !== "") {
      this.tell({ type: "message", text: body.trim().slice(0, 300) });
    }
  }

  #drop() {
    this.hangUp(this.#call);
    const agent = this.#agent;
    this.#agent = null;
    agent?.stop();
  }
}

/**
 * What the end of a call tells. A call that this side ended without being asked to lost its media path.
 * @param {any} event
 * @param {number} call
 * @returns {Happening}
 */
function endOf(event, call) {
  if (event.originator === "local") return { type: "ice_failed", call };
  return { type: "ended", call, q850: q850Of(event.message?.getHeader("Reason") ?? null) };
}
