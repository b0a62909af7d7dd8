// A participant of a video room with Janus's own library, unmodified. The tests drive it by
// `window.visitor`, and read from it what it was told, what it hears and what it sees.
import Janus from "./janus.js";

const PLUGIN = "janus.plugin.videoroom";

/** Everything that the room said, as it came. */
const told = [];
/** By the number of whoever publishes: his handle, his picture, his sound. */
const feeds = new Map();
let janus, handle, room, own;

function say(message) {
  told.push(message);
  document.getElementById("told").textContent += JSON.stringify(message) + "\n";
}

function figure(name) {
  const figure = document.createElement("figure");
  const video = document.createElement("video");
  video.autoplay = true;
  video.playsInline = true;
  video.srcObject = new MediaStream();
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  figure.append(video, caption);
  document.getElementById("people").append(figure);
  return { figure, video };
}

const attach = (callbacks) =>
  new Promise((success, error) => janus.attach({ plugin: PLUGIN, success, error, ...callbacks }));

/** A synchronous request; a refusal is an answer of the library's, and an error here. */
async function ask(message) {
  const answer = await new Promise((success, error) => handle.send({ message, success, error }));
  if (answer?.error) throw new Error(answer.error);
  return answer;
}

/** Waits until the room says something that `isIt`. */
async function until(isIt) {
  for (;;) {
    const found = told.find(isIt);
    if (found) return found;
    await new Promise((next) => setTimeout(next, 10));
  }
}

async function publish() {
  const { video } = figure("myself");
  video.muted = true;
  handle.createOffer({
    tracks: [
      { type: "audio", capture: true, recv: false },
      { type: "video", capture: { width: 640, height: 480 }, recv: false },
    ],
    success: (jsep) => handle.send({ message: { request: "configure", audio: true, video: true }, jsep }),
    error: (error) => say({ failed: String(error) }),
  });
}

async function subscribe(id) {
  const feed = figure(String(id));
  feeds.set(String(id), feed);
  feed.handle = await attach({
    onmessage: (message, jsep) => {
      if (message.error) say({ subscription: id, ...message });
      if (!jsep) return;
      feed.handle.createAnswer({
        jsep,
        success: (answer) => feed.handle.send({ message: { request: "start", room }, jsep: answer }),
        error: (error) => say({ failed: String(error) }),
      });
    },
    onremotetrack: (track, _mid, on) => {
      const stream = feed.video.srcObject;
      if (on) stream.addTrack(track);
      else stream.removeTrack(track);
    },
  });
  feed.handle.send({ message: { request: "join", ptype: "subscriber", room, streams: [{ feed: id }] } });
}

function forget(id) {
  const feed = feeds.get(String(id));
  if (!feed) return;
  feeds.delete(String(id));
  feed.handle?.detach();
  feed.figure.remove();
}

function onmessage(message, jsep) {
  say(message);
  for (const publisher of message.publishers ?? []) {
    if (!feeds.has(String(publisher.id))) subscribe(publisher.id);
  }
  for (const gone of [message.leaving, message.unpublished, message.kicked]) {
    if (gone !== undefined && gone !== "ok") forget(gone);
  }
  if (jsep) handle.handleRemoteJsep({ jsep });
}

/** The colour in the middle of a picture's upper quarter. */
function colour(video) {
  // Its size is known before there is a picture.
  if (!video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const paper = canvas.getContext("2d");
  paper.drawImage(video, video.videoWidth / 2, video.videoHeight / 8, 1, 1, 0, 0, 1, 1);
  return [...paper.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

async function statistics(connection, type) {
  const found = {};
  if (!connection) return found;
  for (const entry of (await connection.getStats()).values()) {
    if (entry.type === type) found[entry.kind] = entry;
    if (entry.type === "codec") found[entry.mimeType] = true;
  }
  return found;
}

window.visitor = {
  /** Enters a room, and publishes if it is to. */
  async enter({ server, room: number, id, pin, publishes }) {
    [room, own] = [number, id];
    await new Promise((callback) => Janus.init({ debug: false, callback }));
    await new Promise((success, error) => {
      janus = new Janus({ server, success, error, destroyed: () => say({ session: "destroyed" }) });
    });
    handle = await attach({
      onmessage,
      onlocaltrack: (track, on) => {
        const video = document.querySelector("video");
        if (on && track.kind === "video") video.srcObject.addTrack(track);
      },
      webrtcState: (on, reason) => say({ webrtc: on, reason }),
      mediaState: (medium, receiving) => say({ media: medium, receiving }),
    });
    handle.send({ message: { request: "join", ptype: "publisher", room, id, pin: pin ?? undefined, display: String(id) } });
    const answer = await until((said) => said.videoroom === "joined" || said.error);
    if (answer.error) throw new Error(answer.error);
    if (publishes) await publish();
    return answer;
  },

  /** Leaves the room, and waits until that is confirmed. */
  async leave() {
    handle.send({ message: { request: "leave" } });
    return until((said) => said.leaving === "ok");
  },

  kick: (id, secret) => ask({ request: "kick", room, id, secret: secret ?? undefined }),
  destroy: (secret) => ask({ request: "destroy", room, secret: secret ?? undefined }),

  told: () => told,

  /** What comes of this participant. */
  async receives(id) {
    const feed = feeds.get(String(id));
    if (!feed) return null;
    const got = await statistics(feed.handle?.webrtcStuff?.pc, "inbound-rtp");
    return {
      audio_packets: got.audio?.packetsReceived ?? 0,
      audio_energy: got.audio?.totalAudioEnergy ?? 0,
      video_packets: got.video?.packetsReceived ?? 0,
      frames: got.video?.framesDecoded ?? 0,
      width: feed.video.videoWidth,
      height: feed.video.videoHeight,
      colour: colour(feed.video),
      codecs: Object.keys(got).filter((name) => name.includes("/")),
    };
  },

  /** What goes out. */
  async sends() {
    const sent = await statistics(handle?.webrtcStuff?.pc, "outbound-rtp");
    return {
      audio_packets: sent.audio?.packetsSent ?? 0,
      video_packets: sent.video?.packetsSent ?? 0,
      frames: sent.video?.framesEncoded ?? 0,
      codecs: Object.keys(sent).filter((name) => name.includes("/")),
    };
  },
};
