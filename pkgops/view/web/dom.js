// Draws elements into the page, and changes only what differs from what was drawn before.
// Text is set as text and attributes as attributes, so nothing from a cluster is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";
const DRAWN = new Set(["svg", "g", "rect", "text", "path", "title"]);

export function build(node) {
  if (typeof node !== "object") return document.createTextNode(String(node));
  const made = DRAWN.has(node.tag) ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  attributes(made, {}, node.attributes);
  for (const child of node.children) made.append(build(child));
  return made;
}

function attributes(target, before, after) {
  for (const name of Object.keys(before)) if (!(name in after)) target.removeAttribute(name);
  for (const [name, value] of Object.entries(after)) {
    if (before[name] === value) continue;
    if (value === null || value === undefined) target.removeAttribute(name);
    else target.setAttribute(name, value);
    if (name === "value") target.value = value;
  }
}

// The identity of a node among its siblings: its own key, or what it names or does.
function identityOf(node) {
  if (typeof node !== "object") return null;
  const { id, "data-key": key, "aria-labelledby": label, "data-action": action, "data-value": value } = node.attributes;
  const own = key || id || label || (action ? `${action} ${value || ""}` : null);
  return own ? `${node.tag} ${own}` : null;
}

// The existing element for each of the children: the one with the same key, or the next one without a key.
function counterparts(before, after) {
  const keyed = new Map();
  const others = [];
  before.forEach((node, place) => (identityOf(node) ? keyed.set(identityOf(node), place) : others.push(place)));
  return after.map((node) => {
    const key = identityOf(node);
    if (!key) return others.shift();
    const place = keyed.get(key);
    keyed.delete(key);
    return place;
  });
}

// A child keeps its element, so that the keyboard focus stays on it and a pressed key has its effect.
function patchChildren(target, before, after) {
  const drawn = [...target.childNodes];
  const places = counterparts(before, after);
  const kept = new Set(places);
  drawn.forEach((one, place) => kept.has(place) || one.remove());
  after.forEach((child, at) => {
    const place = places[at];
    const made = place === undefined ? build(child) : patch(drawn[place], before[place], child);
    if (target.childNodes[at] !== made) target.insertBefore(made, target.childNodes[at] || null);
  });
}

export function patch(target, before, after) {
  const texts = typeof before !== "object" || typeof after !== "object";
  if (texts ? typeof before === typeof after : before.tag === after.tag) {
    if (texts) {
      if (before !== after) target.nodeValue = String(after);
      return target;
    }
    attributes(target, before.attributes, after.attributes);
    patchChildren(target, before.children, after.children);
    return target;
  }
  const made = build(after);
  target.replaceWith(made);
  return made;
}
