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

export function patch(target, before, after) {
  const texts = typeof before !== "object" || typeof after !== "object";
  if (texts ? typeof before === typeof after : before.tag === after.tag) {
    if (texts) {
      if (before !== after) target.nodeValue = String(after);
      return target;
    }
    attributes(target, before.attributes, after.attributes);
    const children = [...target.childNodes];
    after.children.forEach((child, place) => {
      if (place < before.children.length) patch(children[place], before.children[place], child);
      else target.append(build(child));
    });
    for (const extra of children.slice(after.children.length)) extra.remove();
    return target;
  }
  const made = build(after);
  target.replaceWith(made);
  return made;
}
