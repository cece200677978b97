/** The emulator's events, handed over in batches: one per animation frame, however many arrive. */

const KINDS = ["call", "delivery", "callback", "fault", "clock", "records", "reset", "gap"];
const HIDDEN_PAUSE = 500;

/** Listen. `onbatch(events)` gets `{kind, data}` in order; `onstate(name)` gets live, waiting or closed. */
export function listen({ onbatch, onstate }) {
  const source = new EventSource("events");
  let waiting = [];
  const flush = () => {
    const batch = waiting;
    waiting = [];
    onbatch(batch);
  };
  const add = (event) => {
    if (!waiting.length) schedule(flush);
    waiting.push({ kind: event.type, data: JSON.parse(event.data) });
  };
  for (const kind of KINDS) source.addEventListener(kind, add);
  source.addEventListener("open", () => onstate("live"));
  source.addEventListener("error", () => onstate(source.readyState === EventSource.CLOSED ? "closed" : "waiting"));
  addEventListener("pagehide", () => source.close());
  return () => source.close();
}

/** A hidden page has no animation frames. Its events must not pile up. */
function schedule(flush) {
  if (document.hidden) setTimeout(flush, HIDDEN_PAUSE);
  else requestAnimationFrame(flush);
}
