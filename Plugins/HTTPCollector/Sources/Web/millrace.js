// Millrace's client for web pages; Plugins/HTTPCollector/README.md says how a page uses it.
//
// The collector serves this file without its comments and indentation, and changes nothing else: so a comment has
// lines of its own, begins with two slashes, and no text of the program spans lines.
(() => {
  // A page that loads the script twice counts once.
  if (window.millrace?.track) return;

  // A script of type module has no `currentScript`.
  const script = document.currentScript ?? document.querySelector("script[data-write-key]");
  const options = script?.dataset ?? {};
  const library = { name: "millrace.js", version: "1.0.0" };
  const prefix = "millrace.";
  const limits = { held: 100, events: 500, length: 4e5, event: 32e3, batchEvents: 100, batchBytes: 6e4 };
  const interval = 3e3;
  const longestWait = 36e5;

  const untracked = options.respectDnt !== "false"
    && (navigator.doNotTrack === "1" || window.doNotTrack === "1" || navigator.globalPrivacyControl === true);
  const isOff = untracked || !options.writeKey;
  // The key comes before the body, since the collector has less patience with bodies that show none.
  const path = "v1/batch?writeKey=" + encodeURIComponent(options.writeKey);
  const url = isOff ? "" : new URL(path, options.host || script.src).href;

  const warned = new Set();
  const warn = (text) => warned.has(text) || (warned.add(text), console.warn("millrace: " + text));

  // What is stored. Where the browser's storage is blocked or full, the page's memory takes its place.
  const memory = {};
  let local;
  try { local = window.localStorage; } catch {}
  const get = (key) => memory[key] ?? local?.getItem(prefix + key) ?? undefined;
  const remove = (key) => { delete memory[key]; local?.removeItem(prefix + key); };
  const set = (key, value) => {
    delete memory[key];
    try { local.setItem(prefix + key, value); } catch { memory[key] = "" + value; }
  };
  const keys = (start) => [
    ...Object.keys(memory),
    ...Object.keys(local ?? {}).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
  ].filter((key) => key.startsWith(start)).sort();

  // "1": given, "0": refused. The value in memory alone is a refusal where nothing may be stored without consent.
  const refused = () => isOff || get("consent") === "0";
  const permitted = () => !refused() && !document.prerendering
    && (options.consent !== "required" || get("consent") === "1");

  // `crypto.randomUUID` is for pages by https alone.
  const uuid = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = bytes[6] & 15 | 64;
    bytes[8] = bytes[8] & 63 | 128;
    const hex = [...bytes].map((byte) => (byte + 256).toString(16).slice(1)).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const size = (text) => new Blob([text]).size;

  // Where the page is, and where its reader came from. A fragment is no part of it, but for hash routers.
  let referrer = document.referrer;
  let viewed;
  const place = () => location.pathname + location.search + (options.hash === "true" ? location.hash : "");

  const context = () => {
    const campaign = {};
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (name.startsWith("utm_")) campaign[name === "utm_campaign" ? "name" : name.slice(4)] = value;
    }
    return {
      page: {
        path: location.pathname + (options.hash === "true" ? location.hash : ""),
        referrer,
        search: location.search,
        title: document.title,
        url: location.origin + place(),
      },
      campaign,
      locale: navigator.language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      screen: { width: screen.width, height: screen.height, density: devicePixelRatio },
      library,
    };
  };

  // Until the reader consents, and while the page is being prerendered, messages wait here without any identifier of
  // a person.
  let held = [];

  const send = (type, members) => {
    if (refused()) return;
    // A view that waits for its title comes before what follows it.
    if (waitingView) view();
    const message = { type, messageId: uuid(), timestamp: new Date().toISOString(), context: context(), ...members };
    if (permitted()) enqueue(message);
    // A copy: the page may change its objects, and what has no JSON fails here and not later.
    else if (held.push(JSON.parse(JSON.stringify(message))) > limits.held) held.shift();
  };

  const release = () => {
    if (permitted()) held.splice(0).forEach(enqueue);
  };

  // Every message has a key of its own that sorts by time: tabs that add to the queue at the same time lose nothing,
  // since nothing is read to be written back.
  let lastNumber = 0;
  const enqueue = (message) => {
    if (message.type === "reset") {
      remove("user");
      remove("anonymous");
      return;
    }
    if (!get("anonymous")) set("anonymous", uuid());
    const user = get("user");
    message.anonymousId = get("anonymous");
    if (message.type === "alias") message.previousId = user ?? message.anonymousId;
    if (message.userId) set("user", message.userId);
    else message.userId = user;
    if (get("dropped")) message.context.dropped = +get("dropped");
    const text = JSON.stringify(message);
    if (size(text) > limits.event) return warn("an event of more than 32 kB is left out");
    lastNumber = Math.max(lastNumber + 1, Date.now() * 1e3);
    set("queued." + lastNumber + "." + message.messageId, text);
    trim();
    schedule(interval);
  };

  // What a beacon took goes first and counts as sent; then the oldest go, and are counted. What is under way stays.
  const trim = () => {
    const underWay = sending.map(([key]) => key);
    const stored = [...keys("beaconed."), ...keys("queued.")].map((key) => [key, get(key)?.length ?? 0]);
    let sum = stored.reduce((sum, [, length]) => sum + length, 0);
    let count = stored.length;
    for (const [key, length] of stored) {
      if (count <= limits.events && sum <= limits.length) return;
      if (underWay.includes(key)) continue;
      sum -= length;
      count--;
      remove(key);
      if (key.startsWith("queued.")) set("dropped", 1 + +(get("dropped") ?? 0));
    }
  };

  // The oldest messages that fit one request, as pairs of key and text: another tab may remove them at any time. What
  // lives on after its page must be less than 64 KiB, with what is under way already.
  const batch = (from, underWay = 0) => {
    const taken = [];
    let bytes = underWay;
    for (const key of from) {
      const text = get(key);
      if (!text) continue;
      bytes += size(text) + 1;
      if (bytes > limits.batchBytes || taken.length === limits.batchEvents) break;
      taken.push([key, text]);
    }
    return taken;
  };

  const body = (batch) => '{"sentAt":"' + new Date().toISOString() + '","batch":[' + batch.map(([, text]) => text).join()
    + "]}";

  // A text is sent as text/plain, which needs no preflight of CORS.
  const post = (text) => fetch(url, {
    method: "POST", body: text, keepalive: true, signal: AbortSignal.timeout?.(3e4),
  });

  const rename = (from, start) => {
    for (const key of from) {
      const text = get(key);
      if (text) set(start + key.slice(key.indexOf(".") + 1), text);
      remove(key);
    }
  };

  let timer;
  const schedule = (delay) => { timer ??= setTimeout(flush, delay); };

  // When all tabs may send again; what lies beyond the longest wait comes from a clock that was set back.
  const wait = () => {
    const rest = get("wait") - Date.now();
    return rest > 0 && rest <= longestWait ? rest : 0;
  };

  // One tab at a time sends the queue of all. Without locks (pages by http, blocked storage) two tabs may send the same
  // message, which the message's id makes harmless.
  const flush = async () => {
    clearTimeout(timer);
    timer = undefined;
    if (!permitted()) return;
    if (!wait()) {
      const locks = local && navigator.locks;
      // Some browsers have locks and refuse them.
      if (locks) await locks.request(prefix + "send", { ifAvailable: true }, (lock) => lock && drain()).catch(drain);
      else await drain();
    }
    if (permitted() && keys("queued.").length) schedule(wait() || interval);
  };

  let sending = [];
  let failures = 0;
  const drain = async () => {
    while (!sending.length && permitted() && !wait()) {
      sending = batch(keys("queued."));
      if (!sending.length) return;
      let status = 0;
      let after;
      try {
        const response = await post(body(sending));
        status = response.status;
        after = +response.headers.get("retry-after");
      } catch {}
      settle(status, after);
      sending = [];
    }
  };

  const settle = (status, after) => {
    // The reader may have withdrawn consent meanwhile.
    if (!permitted()) return;
    if (!status || status === 408 || status === 429 || status >= 500) {
      // What a beacon took may be lost as well.
      rename(keys("beaconed."), "queued.");
      const seconds = after || Math.min(300, 2 ** ++failures) * (0.5 + Math.random() / 2);
      set("wait", Date.now() + Math.min(longestWait, seconds * 1e3));
      return;
    }
    failures = 0;
    if (status >= 400) warn("the collector refused events: " + status);
    for (const key of [...sending.map(([key]) => key), ...keys("beaconed.")]) remove(key);
  };

  // A page that goes away hears no answer: what it sent then is kept until the next answer, whoever gets it.
  const leave = () => {
    if (waitingView) view();
    if (!permitted() || wait()) return;
    const underWay = sending.map(([key]) => key);
    const rest = batch(keys("queued.").filter((key) => !underWay.includes(key)), size(body(sending)));
    const text = body(rest);
    if (rest.length && !navigator.sendBeacon?.(url, text)) post(text).catch(() => rename(keys("beaconed."), "queued."));
    rename([...underWay, ...rest.map(([key]) => key)], "beaconed.");
  };

  // Page views.
  let waitingView;
  const view = () => {
    clearTimeout(waitingView);
    waitingView = undefined;
    api.page();
  };

  // Routers set the title after the address, and may go on to another address at once.
  const routeChanged = () => {
    clearTimeout(waitingView);
    waitingView = place() === viewed ? undefined : setTimeout(view, 100);
  };

  const watchPages = () => {
    for (const name of ["pushState", "replaceState"]) {
      const original = history[name];
      history[name] = function (...values) {
        original.apply(this, values);
        routeChanged();
      };
    }
    addEventListener("popstate", routeChanged);
    // The browser showed a page that it had kept.
    addEventListener("pageshow", (event) => event.persisted && view());
    view();
  };

  // The name or id may be left out; both are texts.
  const named = ([name, more]) => {
    if (Object(name) === name) return [undefined, name];
    return [name == null ? undefined : "" + name, more];
  };

  const forget = () => {
    held = [];
    keys("").forEach(remove);
  };

  const api = {
    page(...values) {
      // Inside a page of routes the reader comes from the view before.
      if (viewed && viewed !== place()) referrer = location.origin + viewed;
      viewed = place();
      const [name, properties] = named(values);
      send("page", { name, properties: { ...context().page, ...properties } });
    },
    track: (event, properties) => send("track", { event, properties }),
    identify(...values) {
      const [userId, traits] = named(values);
      send("identify", { userId, traits });
    },
    group(...values) {
      const [groupId, traits] = named(values);
      send("group", { groupId, traits });
    },
    alias: (...values) => send("alias", { userId: named(values)[0] }),
    reset: () => send("reset"),
    consent(given) {
      if (!given) forget();
      if (!given && options.consent === "required") memory.consent = "0";
      else set("consent", given ? "1" : "0");
      release();
    },
    flush,
    push: (...calls) => calls.forEach(([name, ...values]) => api[name]?.(...values)),
  };

  // Nothing that goes wrong here may stop the page's own code.
  for (const [name, call] of Object.entries(api)) {
    api[name] = (...values) => {
      try {
        if (!isOff) return call(...values);
      } catch (error) {
        warn(name + ": " + error.message);
      }
    };
  }

  const waiting = window.millrace;
  window.millrace = api;
  if (untracked) return forget();
  if (isOff) return warn("the script has no data-write-key");

  const start = () => {
    if (options.auto !== "false") watchPages();
    release();
    if (Array.isArray(waiting)) api.push(...waiting);
    // What an earlier page could not send.
    schedule(interval);
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", () => document.hidden && leave());
  };
  if (document.prerendering) document.addEventListener("prerenderingchange", start, { once: true });
  else start();
})();
