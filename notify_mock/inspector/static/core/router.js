/** The address of what is shown: `#/calls/42?q=create`. The view is remembered there, so a link can be sent. */

const VIEWS = ["calls", "deliveries", "records", "faults", "clock", "connect"];

/** Return the view, the rest of the path, and the query of the current address. */
export function currentRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [view, ...rest] = path.split("/").map(decoded);
  return { view: VIEWS.includes(view) ? view : "calls", path: rest.filter(Boolean), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Return the address of a view. */
export function linkTo(view, path = [], query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  const parts = [view, ...path].map((part) => encodeURIComponent(part)).join("/");
  return `#/${parts}${text ? `?${text}` : ""}`;
}

/** Go there. `replace` leaves no entry in the history: for what is typed into a filter. */
export function goTo(view, path = [], query = {}, { replace = false } = {}) {
  const link = linkTo(view, path, query);
  if (link === location.hash) return;
  if (replace) {
    history.replaceState(null, "", link);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = link;
}
