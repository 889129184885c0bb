// Owns: talking to the service: REST and streams, the API key, and what errors become. The key lives in sessionStorage, goes in a header,
// and never into an address.

const KEY = "proving-service-key";

/** A stream that lasted so long, in milliseconds, and then ended in good order is not a connection that was lost. */
const LONG = 30_000;

/** What the service refused: its status's name, and a message for a person. */
export class ServiceError extends Error {
  constructor(status, message, retryAfter = 0) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

let askForKey = () => {};

/** Says what happens where the service wants to know who calls. */
export function onSignInNeeded(handler) {
  askForKey = handler;
}

export const key = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  clear: () => sessionStorage.removeItem(KEY),
};

function request(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key.get()) {
    headers.set("Authorization", `Bearer ${key.get()}`);
  }
  return fetch(new URL(path, document.baseURI), { ...options, headers, cache: "no-store", credentials: "same-origin" });
}

async function refuse(response) {
  let status = "UNKNOWN";
  let message = `The service answered with ${response.status}.`;
  try {
    const body = await response.json();
    status = body.status ?? status;
    message = body.message ?? message;
  } catch {
    // A proxy's page: the number must do.
  }
  const error = new ServiceError(status, message, Number(response.headers.get("retry-after") ?? 0));
  if (response.status === 401) {
    askForKey(error);
  }
  throw error;
}

async function send(path, options) {
  let response;
  try {
    response = await request(path, options);
  } catch (fault) {
    if (fault.name === "AbortError") {
      throw fault;
    }
    throw new ServiceError("UNAVAILABLE", "The service cannot be reached. It may be starting again; this page tries again by itself.");
  }
  return response.ok ? response : refuse(response);
}

/** Gets JSON. */
export const get = async (path, signal) => (await send(path, { signal })).json();

/** Sends JSON and gets JSON. */
export const post = async (path, body = {}, signal) =>
  (await send(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal })).json();

/**
 * Reads server-sent events by fetch, since EventSource sends no headers. Comes back by itself after the last event seen, with growing
 * pauses, until the signal aborts or the stream says that it is at its end.
 * @param path The address.
 * @param signal Ends it.
 * @param handlers `event(name, data)` for each event; `state("live" or "lost")` where the connection changes.
 */
export async function listen(path, signal, handlers) {
  let pause = 500;
  let last = "";
  while (!signal.aborted) {
    try {
      const headers = { Accept: "text/event-stream", ...(last ? { "Last-Event-ID": last } : {}) };
      const response = await send(path, { headers, signal });
      if (response.status === 204) {
        return;
      }
      handlers.state?.("live");
      pause = 500;
      const begun = Date.now();
      for await (const event of events(response.body)) {
        last = event.id || last;
        if (event.name === "end") {
          return;
        }
        if (event.name === "fault") {
          throw new ServiceError(JSON.parse(event.data).status, JSON.parse(event.data).message);
        }
        handlers.event(event.name, JSON.parse(event.data));
      }
      if (Date.now() - begun > LONG) {
        continue; // The service ends streams from time to time, to ask again who calls.
      }
    } catch (fault) {
      if (signal.aborted || ["UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND", "INVALID_ARGUMENT"].includes(fault.status)) {
        return;
      }
    }
    if (signal.aborted) {
      return;
    }
    handlers.state?.("lost");
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
    pause = Math.min(pause * 2, 10_000);
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      rest += value.replaceAll("\r\n", "\n");
      let end;
      while ((end = rest.indexOf("\n\n")) >= 0) {
        const event = parse(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (event.data) {
          yield event;
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(block) {
  const event = { name: "message", id: "", data: "" };
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    if (field === "event") {
      event.name = value;
    } else if (field === "id") {
      event.id = value;
    } else if (field === "data") {
      event.data += event.data ? `\n${value}` : value;
    }
  }
  return event;
}
