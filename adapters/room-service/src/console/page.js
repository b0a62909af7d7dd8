// The console: what the service tells over a WebSocket, and what the operator does.

import { KeyedList, eventEntry, key, memberRow, one, roomEntry, shownRoom } from "./view.js";

// As many as the service tells of at a time.
const ROOMS = 100;
const MEMBERS = 200;
const EVENTS = 500;

// What is shown of a room that nothing is known of yet, and of one that is over.
const unknown = { members: [], count: 0, matching: 0, known: false };
const over = { ...unknown, members: null };
const state = { rooms: [], total: 0, offset: 0, room: null, from: 0, named: "", now: 0, ...unknown, events: new Map(), missed: 0 };
let socket = null;
let pause = 250;
let typing = null;

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
  Object.assign(state, { rooms: [], total: 0, offset: 0, room: null, from: 0, missed: 0, ...unknown });
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
    // The latest are told anew, and a service that was started again counts from the beginning.
    state.events.clear();
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
    const { offset, room, from, named } = state;
    socket.send(JSON.stringify({ offset, room, from, named }));
  }
}

function hear(said) {
  if (said.type === "rooms") {
    Object.assign(state, { rooms: said.rooms, total: said.total });
    if (state.room === null && said.rooms.length > 0) choose(said.rooms[0].room);
    one("trouble").textContent = "";
  } else if (said.type === "room" && key(said.room) === key(state.room)) {
    if (said.members === null) {
      Object.assign(state, over);
    } else if (said.offset === state.from && said.named === state.named) {
      const { members, total, matching, at } = said;
      Object.assign(state, { members, count: total, matching, now: at, known: true });
      // So many may have left that there is nobody any more where we look.
      if (members.length === 0 && state.from > 0) page(Math.min(state.from, matching) - MEMBERS);
    }
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
  one("members-count").textContent = there && state.known ? counted() : "";
  one("nobody").hidden = !there || !state.known || state.matching > 0;
  one("nobody").textContent = state.count === 0 ? "Nobody is in it." : "Nobody in it has a name like that.";
  members.show((state.members ?? []).map((member) => ({ ...member, now: state.now })), (member) => member.stay);
  one("member-pages").hidden = !there || state.matching <= MEMBERS;
  one("member-page").textContent = `${state.from + 1} to ${Math.min(state.from + MEMBERS, state.matching)} of ${state.matching}`;
  one("members-earlier").disabled = state.from === 0;
  one("members-later").disabled = state.from + MEMBERS >= state.matching;
}

function counted() {
  if (state.named !== "") return `${state.matching} of ${state.count}`;
  const found = state.rooms.find((room) => key(room.room) === key(state.room));
  const audience = found === undefined ? 0 : found.members - found.publishers;
  return audience > 0 ? `${state.count} in it, ${found.publishers} seen and heard` : `${state.count} in it`;
}

function showEvents() {
  one("missed").textContent = state.missed > 0 ? `${state.missed} more happened than could be shown` : "";
  const latest = [...state.events.values()].sort((a, b) => b.sequence - a.sequence);
  events.show(latest, (event) => event.sequence);
}

function choose(room) {
  Object.assign(state, { room, from: 0, ...unknown });
  look();
  show();
}

// Which members are shown.
function page(from) {
  state.from = Math.max(0, from);
  look();
}

// Not at every key: the service listens to so much a second.
function filter() {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const named = one("filter").value.trim();
    if (named === state.named) return;
    state.named = named;
    page(0);
  }, 150);
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
  if (!sure) return;
  await attempt(async () => {
    const { removed, failed } = await ask("kick", { room, users: [user] });
    if (failed.length > 0) throw new Error(`${user} may still be in the room: ${failed[0].error}`);
    if (removed.length === 0) throw new Error(`${user} was not in room ${shownRoom(room)} any more.`);
  });
}

async function dismiss() {
  const { room } = state;
  const { count } = state;
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
one("filter").addEventListener("input", filter);
one("members-earlier").addEventListener("click", () => page(state.from - MEMBERS));
one("members-later").addEventListener("click", () => page(state.from + MEMBERS));
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
