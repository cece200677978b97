/** Elements from plain calls. Text is always set as text; nothing is parsed as HTML. */

/** Return an element. `on...` are listeners, `data` is its dataset, other properties are attributes. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProperty(node, name, value);
  node.append(...shown(children));
  return node;
}

function setProperty(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "class") node.className = value;
  else if (name === "value" || name === "checked") node[name] = value;
  else node.setAttribute(name, value === true ? "" : value);
}

function shown(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== "");
}

/** Replace the children of an element. */
export function fill(node, ...children) {
  node.replaceChildren(...shown(children));
  return node;
}

/** Return a button. */
export function button(text, onclick, props = {}) {
  const { class: extra = "", ...rest } = props;
  return h("button", { type: "button", class: `button ${extra}`.trim(), onclick, ...rest }, text);
}

/** Return a list of names and values, without the empty ones. */
export function facts(pairs) {
  const full = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, full.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

let ids = 0;

/** Return an id that no other element has. */
export function newId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

const SVG = "http://www.w3.org/2000/svg";
const PATHS = {
  calls: "M2 4h12M2 8h12M2 12h8",
  deliveries: "M5 1.500h6a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1zM7 12.500h2",
  records: "M3 4c0-2.500 10-2.500 10 0v8c0 2.500-10 2.500-10 0zM3 4c0 2.500 10 2.500 10 0M3 8c0 2.500 10 2.500 10 0",
  faults: "M9 1.500 3.500 9H8l-1 5.500L12.500 7H8z",
  clock: "M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM8 4.500V8l2.500 1.500",
  connect: "M6 10l4-4M7 4l1.500-1.500a3 3 0 0 1 5 5L12 9M4 7 2.500 8.500a3 3 0 0 0 5 5L9 12",
};

/** Return the icon of a view. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 16 16", width: 16, height: 16, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
