/** The inspector: shows the view that the address names. */

import { fill, h, icon } from "./core/dom.js";
import { bindKeys, startKeys } from "./core/keys.js";
import { start } from "./core/model.js";
import { currentRoute, goTo, linkTo } from "./core/router.js";
import { toast } from "./core/toast.js";
import { topBar } from "./parts/topbar.js";

const VIEWS = {
  calls: ["Calls", () => import("./views/calls.js")],
  deliveries: ["Deliveries", () => import("./views/deliveries.js")],
  records: ["Records", () => import("./views/records.js")],
  faults: ["Faults", () => import("./views/faults.js")],
  clock: ["Clock", () => import("./views/clock.js")],
  connect: ["Connect", () => import("./views/connect.js")],
};

const main = document.getElementById("main");
const links = new Map();
let shown = { name: "", view: null };

function drawRail() {
  const list = document.querySelector("#rail ul");
  for (const [name, [title]] of Object.entries(VIEWS)) {
    const link = h("a", { href: linkTo(name) }, icon(name), h("span", {}, title));
    links.set(name, link);
    list.append(h("li", {}, link));
  }
}

async function route() {
  const { view: name, path, query } = currentRoute();
  if (shown.name === name) {
    shown.view?.update(path, query);
    return;
  }
  shown.view?.stop();
  const isFirst = !shown.name;
  shown = { name, view: null };
  const [title, load] = VIEWS[name];
  for (const [other, link] of links) {
    if (other === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${title} · notify-mock`;
  const module = await load();
  if (shown.name !== name) return;
  bindKeys({});
  fill(main, h("h1", { class: "hidden-text" }, title));
  const now = currentRoute();
  shown.view = module.show(main, now.path, now.query);
  if (!isFirst) main.focus({ preventScroll: true });
}

drawRail();
topBar(document.getElementById("top"));
document.getElementById("skip").addEventListener("click", () => main.focus());
addEventListener("hashchange", route);
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  toast(event.reason?.message ?? String(event.reason), { bad: true });
});
startKeys((view) => goTo(view));
route();
start();
