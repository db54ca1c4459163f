"use strict";
// Draws the rows of a group, in slices: it may have thousands.
// Names from outside only ever become text, never markup.

const FIRST = 10, SLICE = 1000;
const {strings, groups} = JSON.parse(document.getElementById("data").textContent);
const SEVERITIES = ["critical", "high", "medium", "low"];
const NAME = 0, SUBJECT = 1, KIND = 2, SEVERITY = 3, CHECK = 4, NOTE = 5, HOST = 6, FACTS = 7;

const severalHosts = document.getElementById("host") !== null;

const number = (value) => value.toLocaleString("en");
const counted = (value, word) => `${number(value)} ${word}${value === 1 ? "" : "s"}`;

function fill(group, upTo = FIRST) {
  group.stale = false;
  group.body.replaceChildren(...group.matching.slice(0, upTo).map((row) => tableRow(group, row)));
  group.shown = Math.min(upTo, group.matching.length);
  if (group.check && group.matching.length) group.check.textContent = strings[group.matching[0][CHECK]];
  offerMore(group);
}

function offerMore(group) {
  const left = group.matching.length - group.shown;
  if (!group.more) {
    if (!left) return;
    group.more = create("p", "more");
    group.body.parentElement.after(group.more);
  }
  group.more.hidden = left === 0;
  if (left === 0) return;
  const button = create("button", "", `Show ${number(Math.min(left, SLICE))} more`);
  button.type = "button";
  button.addEventListener("click", () => {
    const first = group.shown;
    const next = group.matching.slice(first, first + SLICE);
    group.body.append(...next.map((row) => tableRow(group, row)));
    group.shown += next.length;
    offerMore(group);
    const row = group.body.rows[first];
    row.tabIndex = -1;
    row.focus({preventScroll: true}); // the button is gone: go on reading where it was
  });
  group.more.replaceChildren(button, ` ${number(left)} are not shown yet`);
}

function tableRow(group, row) {
  const line = create("tr"), name = create("th", "", strings[row[NAME]]);
  name.scope = "row";
  const severity = SEVERITIES[row[SEVERITY]];
  if (row[SEVERITY] !== group.severity) name.append(create("small", severity, severity));
  const facts = create("td"), places = create("td", "place");
  for (let place = FACTS; place < row.length; place += 2) {
    facts.append(prose(create("div"), strings[row[place]]));
    places.append(create("div", "", strings[row[place + 1]]));
  }
  if (strings[row[NOTE]]) facts.append(prose(create("div", "note"), strings[row[NOTE]]));
  if (severalHosts) line.append(create("td", "host", strings[row[HOST]]));
  line.append(name, facts, places);
  return line;
}

// Between two backticks stands code; one without a partner is a backtick.
function prose(element, text) {
  text.split(/`([^`]+)`/).forEach((piece, place) => {
    if (piece) element.append(place % 2 ? create("code", "", piece) : piece);
  });
  return element;
}

function create(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

// On paper everything that matches stands open.
let closed = [];
addEventListener("beforeprint", () => {
  const visible = groups.filter((group) => !group.element.hidden);
  closed = visible.filter((group) => !group.element.open);
  for (const group of visible) { fill(group, Infinity); group.element.open = true; }
});
addEventListener("afterprint", () => {
  for (const group of closed) group.element.open = false;
  for (const group of groups) if (group.shown > FIRST) fill(group);
});
