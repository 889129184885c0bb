// Owns: the one stream of what is going on, shared by all views, and the light in the header that says whether it is there.

import { listen } from "./api.js";
import { announce } from "./dom.js";

const listeners = new Set();
let latest = null;
let current = null;

/** Calls back with the latest snapshot, if there is one, and with each that comes, until the signal aborts. */
export function follow(signal, callback) {
  listeners.add(callback);
  signal.addEventListener("abort", () => listeners.delete(callback), { once: true });
  if (latest) {
    callback(latest);
  }
}

/** Begins, or begins again with another key. */
export function connect() {
  current?.abort();
  current = new AbortController();
  show("idle", "Connecting");
  listen("dashboard/events", current.signal, {
    state: (state) => show(state, state === "live" ? "Live" : "Reconnecting"),
    event: (name, data) => {
      if (name === "overview") {
        latest = data;
        listeners.forEach((callback) => callback(data));
      }
    },
  });
}

/** Ends: nobody is signed in. */
export function disconnect() {
  current?.abort();
  latest = null;
  show("idle", "Not connected");
}

function show(state, text) {
  const light = document.getElementById("live");
  const before = light.dataset.state;
  light.dataset.state = state;
  document.getElementById("live-text").textContent = text;
  if (state === "lost" && before === "live") {
    announce("The connection to the service is lost. Trying again.");
  } else if (state === "live" && before === "lost") {
    announce("Connected again.");
  }
}
