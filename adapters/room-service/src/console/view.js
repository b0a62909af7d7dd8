// What is shown, made of elements and text only: nothing that comes from a room is ever markup.

export const one = (id) => document.getElementById(id);

export function made(tag, properties = {}, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A number and its digits are different rooms.
export const shownRoom = (room) => (typeof room === "string" && /^\d+$/.test(room) ? `"${room}"` : String(room));
export const key = (room) => JSON.stringify(room);

export const clock = (at) => new Date(at).toLocaleTimeString();

export function span(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// A list whose elements stay what they are as long as what they show is there, so that neither the
// focus nor the place in the list jumps.
export class KeyedList {
  #parent;
  #make;
  #items = new Map();

  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  show(list, keyOf) {
    const gone = new Set(this.#items.keys());
    let before = this.#parent.firstElementChild;
    for (const item of list) {
      const name = keyOf(item);
      gone.delete(name);
      let found = this.#items.get(name);
      if (!found) {
        found = this.#make(item);
        this.#items.set(name, found);
      }
      found.update(item);
      if (found.element === before) before = before.nextElementSibling;
      else this.#parent.insertBefore(found.element, before);
    }
    for (const name of gone) {
      this.#items.get(name).element.remove();
      this.#items.delete(name);
    }
  }
}

export function roomEntry(choose) {
  return (item) => {
    const name = made("span");
    const count = made("span", { className: "count" });
    const button = made("button", { type: "button" }, [name, count]);
    button.addEventListener("click", () => choose(item.room));
    return {
      element: made("li", {}, [button]),
      update({ room, members, chosen }) {
        write(name, shownRoom(room));
        write(count, String(members));
        button.setAttribute("aria-label", `Room ${shownRoom(room)}, ${members} in it`);
        button.setAttribute("aria-current", String(chosen));
      },
    };
  };
}

export function memberRow(kick) {
  return (item) => {
    const cells = Array.from({ length: 5 }, () => made("td"));
    const button = made("button", { type: "button", textContent: "Kick…" });
    button.setAttribute("aria-label", `Kick ${item.user}`);
    button.addEventListener("click", () => kick(item.user));
    return {
      element: made("tr", {}, [...cells, made("td", {}, [button])]),
      update({ user, may_publish, entered_at, connected, heard_at, publishes, now }) {
        const [who, role, since, sends, link] = cells;
        write(who, user);
        write(role, may_publish ? "anchor" : "audience");
        write(since, clock(entered_at));
        write(sends, publishes.join(", ") || "nothing");
        const silence = heard_at === null ? null : now - heard_at;
        const heard = silence === null ? "" : `heard ${span(Math.floor(silence / 1000) * 1000)} ago`;
        write(link, connected ? heard || "connected" : `lost, ${heard || "waited for"}`);
        link.className = !connected ? "bad" : silence !== null && silence > 4000 ? "weak" : "good";
      },
    };
  };
}

// Not every server says why, or who of the others it told.
const reason = (event) => event.reason ?? "why is not known here";

const words = {
  opened: (event) => (event.user === null ? `room ${shownRoom(event.room)} begins` : `${event.user} opens room ${shownRoom(event.room)}`),
  entered: (event) => `${event.user} enters ${shownRoom(event.room)}`,
  left: (event) => `${event.user} leaves ${shownRoom(event.room)}: ${reason(event)}`,
  closed: (event) => `room ${shownRoom(event.room)} is over`,
};

function timeline(event) {
  const told = event.told === event.to_tell ? "all" : `${event.told} of ${event.to_tell}`;
  const lost = event.lost ? `; ${event.lost} had no connection any more` : "";
  const steps = [
    [clock(event.entered_at), `entered (stay ${event.stay})`],
    [clock(event.at), `out after ${span(event.at - event.entered_at)}: ${reason(event)}`],
  ];
  if (event.to_tell === null) {
    steps.push(["", "whether the others were told is not known here"]);
  } else if (event.to_tell > 0) {
    const at = event.last_told_at === null ? "…" : `+${Math.max(0, event.last_told_at - event.at)} ms`;
    steps.push([at, `${told} of the others told (${event.told}/${event.to_tell})${lost}`]);
  } else {
    steps.push(["", "nobody was left to be told"]);
  }
  return made("dl", {}, steps.flatMap(([at, what]) => [made("dt", { textContent: at }), made("dd", { textContent: what })]));
}

export function eventEntry(item) {
  const time = made("time", { textContent: clock(item.at), dateTime: new Date(item.at).toISOString() });
  const text = made("span", { textContent: words[item.what]?.(item) ?? item.what });
  if (item.what !== "left") {
    return { element: made("li", {}, [time, text]), update() {} };
  }
  const details = made("details", {}, [made("summary", {}, [time, text])]);
  let shown = "";
  return {
    element: made("li", { className: "departure" }, [details]),
    update(event) {
      const state = `${event.told} ${event.lost}`;
      if (state === shown) return;
      shown = state;
      details.querySelector("dl")?.remove();
      details.append(timeline(event));
    },
  };
}
