// Camera, microphone and what a call does with them.
import { pictureFor } from "./config.js";

const AUDIO_CODECS = ["audio/opus", "audio/g722", "audio/telephone-event"];
const VIDEO_CODECS = ["video/h264"];
const AUDIO_BITRATE = 48_000;

/**
 * Open what there is: both, else one of them, else nothing. Never asks and never throws.
 * @param {number} callKbps
 * @returns {Promise<MediaStream | null>}
 */
export async function openDevices(callKbps) {
  const { width, height, frameRate } = pictureFor(callKbps);
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  const video = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: frameRate, max: frameRate } };
  for (const wanted of [{ audio, video }, { audio }, { video }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wanted);
    } catch {
      // The next, smaller wish.
    }
  }
  return null;
}

/** @param {MediaStream | null} stream @returns {{audio: boolean, video: boolean}} what of it is alive */
export function kindsOf(stream) {
  const live = (stream?.getTracks() ?? []).filter((track) => track.readyState === "live");
  return {
    audio: live.some((track) => track.kind === "audio"),
    video: live.some((track) => track.kind === "video"),
  };
}

/** @param {MediaStream | null} stream */
export function stopStream(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** @param {MediaStream | null} stream @param {boolean} muted */
export function muteStream(stream, muted) {
  for (const track of stream?.getAudioTracks() ?? []) track.enabled = !muted;
}

/**
 * Lay out a call before its offer is made: one sound and one picture, each in both directions as far as there is a
 * device; H.264 only, since the room does not convert pictures; the line's limit; marked packets (EF and AF41).
 * The tracks themselves are added later and find these places.
 * @param {RTCPeerConnection} peer
 * @param {MediaStream | null} stream
 * @param {number} callKbps
 */
export function preparePeer(peer, stream, callKbps) {
  const kinds = kindsOf(stream);
  const limits = { audio: AUDIO_BITRATE, video: pictureFor(callKbps).maxBitrate };
  const codecs = { audio: AUDIO_CODECS, video: VIDEO_CODECS };
  for (const kind of /** @type {("audio" | "video")[]} */ (["audio", "video"])) {
    const place = peer.addTransceiver(kind, {
      direction: kinds[kind] ? "sendrecv" : "recvonly",
      sendEncodings: [{ maxBitrate: limits[kind], priority: "high", networkPriority: "high" }],
    });
    place.setCodecPreferences(codecsNamed(kind, codecs[kind]));
  }
}

/**
 * @param {"audio" | "video"} kind
 * @param {string[]} names in the wanted order
 */
function codecsNamed(kind, names) {
  const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  return names.flatMap((name) => known.filter((codec) => codec.mimeType.toLowerCase() === name));
}
