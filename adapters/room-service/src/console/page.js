// The console: what the service tells over a WebSocket, and what the operator does.

import { KeyedList, eventEntry, key, memberRow, one, roomEntry, shownRoom } from "./view.js";

const ROOMS = 100;
const EVENTS = 500;

const state = { rooms: [], total: 0, offset: 0, room: null, members: null, now: 0, events: new Map(), missed: 0 };
let socket = null;
let pause = 250;

const rooms = new KeyedList(one("rooms"), roomEntry(choose));
const members = new KeyedList(one("members"), memberRow(kick));
const events = new KeyedList(one("events"), eventEntry);

async function ask(path, body) {
  const asked = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(`/console/${path}`, { ...asked, credentials: "same-origin", cache: "no-store" });
  const said = await answer.json().catch(() => ({}));
  if (answer.status === 401 && path !== "login") shut();
  if (!answer.ok) throw new Error(said.error ?? `the service answered ${answer.status}`);
  return said;
}

function tell(status, text) {
  one("link").className = status;
  one("link").textContent = text;
}

function shut() {
  socket?.close();
  socket = null;
  one("inside").hidden = true;
  one("logout").hidden = true;
  one("door").hidden = false;
  // Who logs in next may be somebody else, at a service that counts from the beginning again.
  state.events.clear();
  Object.assign(state, { rooms: [], total: 0, offset: 0, members: null, room: null, missed: 0 });
  showEvents();
  show();
  tell("", "Not logged in");
  one("token").focus();
}

function open() {
  one("door").hidden = true;
  one("inside").hidden = false;
  one("logout").hidden = false;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const opened = new WebSocket(`${scheme}://${location.host}/console/live`);
  socket = opened;
  opened.addEventListener("open", () => {
    pause = 250;
    tell("good", "Live");
    look();
  });
  opened.addEventListener("message", ({ data }) => hear(JSON.parse(data)));
  opened.addEventListener("close", () => {
    if (socket !== opened) return;
    tell("bad", "Connection lost; trying again…");
    setTimeout(() => socket === opened && begin(), pause);
    pause = Math.min(pause * 2, 5000);
  });
}

function look() {
  if (socket?.readyState === WebSocket.OPEN) {
    socket.send(JSON.stringify({ offset: state.offset, room: state.room }));
  }
}

function hear(said) {
  if (said.type === "rooms") {
    Object.assign(state, { rooms: said.rooms, total: said.total });
    if (state.room === null && said.rooms.length > 0) choose(said.rooms[0].room);
    one("trouble").textContent = "";
  } else if (said.type === "room" && key(said.room) === key(state.room)) {
    Object.assign(state, { members: said.members, now: said.at });
  } else if (said.type === "happened") {
    state.missed += said.missed;
    for (const event of said.list) state.events.set(event.sequence, event);
    const excess = state.events.size - EVENTS;
    for (const sequence of [...state.events.keys()].sort((one, other) => one - other).slice(0, Math.max(0, excess))) {
      state.events.delete(sequence);
    }
    showEvents();
  } else if (said.type === "trouble") {
    one("trouble").textContent = said.error;
  }
  show();
}

function show() {
  one("rooms-count").textContent = String(state.total);
  one("no-rooms").hidden = state.total > 0;
  rooms.show(state.rooms.map((room) => ({ ...room, chosen: key(room.room) === key(state.room) })), (item) => key(item.room));
  one("pages").hidden = state.total <= ROOMS;
  one("page").textContent = `${state.offset + 1} to ${Math.min(state.offset + ROOMS, state.total)} of ${state.total}`;
  one("earlier").disabled = state.offset === 0;
  one("later").disabled = state.offset + ROOMS >= state.total;

  const chosen = state.room !== null;
  const there = chosen && state.members !== null;
  one("members-title").textContent = !chosen ? "No room chosen" : `Room ${shownRoom(state.room)}${there ? "" : " is over"}`;
  one("dismiss").hidden = !there;
  const all = state.members ?? [];
  const wanted = one("filter").value.trim().toLowerCase();
  const found = wanted === "" ? all : all.filter((member) => member.user.toLowerCase().includes(wanted));
  one("members-count").textContent = there ? (found.length === all.length ? `${all.length} in it` : `${found.length} of ${all.length}`) : "";
  members.show(found.map((member) => ({ ...member, now: state.now })), (member) => member.stay);
}

function showEvents() {
  one("missed").textContent = state.missed > 0 ? `${state.missed} more happened than could be shown` : "";
  const latest = [...state.events.values()].sort((a, b) => b.sequence - a.sequence);
  events.show(latest, (event) => event.sequence);
}

function choose(room) {
  Object.assign(state, { room, members: [] });
  look();
  show();
}

function turn(by) {
  state.offset = Math.max(0, state.offset + by);
  look();
}

// Asks before anything is done that cannot be undone.
function confirmed(question, consequence, yes) {
  one("question").textContent = question;
  one("consequence").textContent = consequence;
  one("yes").textContent = yes;
  const dialog = one("ask");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }));
}

async function attempt(doing) {
  try {
    await doing();
    one("trouble").textContent = "";
  } catch (error) {
    one("trouble").textContent = error.message;
  }
}

async function kick(user) {
  const room = state.room;
  const sure = await confirmed(`Kick ${user} out of room ${shownRoom(room)}?`, "The others are told. A kick is no ban: who may enter can enter again.", "Kick");
  if (sure) await attempt(() => ask("kick", { room, users: [user] }));
}

async function dismiss() {
  const { room } = state;
  const count = state.members?.length ?? 0;
  const sure = await confirmed(`Dismiss room ${shownRoom(room)}?`, `All ${count} in it are thrown out, and the room is over.`, "Dismiss");
  if (sure) await attempt(() => ask("dismiss", { room }));
}

one("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await ask("login", { token: one("token").value });
    one("token").value = "";
    one("refusal").textContent = "";
    open();
  } catch (error) {
    one("refusal").textContent = error.message;
    one("token").select();
  }
});
one("logout").addEventListener("click", () => attempt(async () => {
  await ask("logout", {});
  shut();
}));
one("dismiss").addEventListener("click", dismiss);
one("filter").addEventListener("input", show);
one("earlier").addEventListener("click", () => turn(-ROOMS));
one("later").addEventListener("click", () => turn(ROOMS));

async function begin() {
  try {
    await ask("session");
    open();
  } catch (error) {
    if (one("door").hidden && socket !== null) {
      tell("bad", "The service does not answer; trying again…");
      setTimeout(begin, pause);
      pause = Math.min(pause * 2, 5000);
    } else {
      shut();
    }
  }
}

begin();
