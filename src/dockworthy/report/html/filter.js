// Filters the findings. The page works without: it then shows every group, and the first rows of each.

const byId = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const boxes = (name) => all(`input[name="${name}"]`);
const names = ["text", "subject", "kind", "demand", ...(severalHosts ? ["host"] : [])];
const fields = Object.fromEntries(names.map((name) => [name, byId(name)]));

for (const element of all("details.group")) {
  const group = groups[Number(element.dataset.group)];
  Object.assign(group, {element, body: element.querySelector("tbody"), matching: [], shown: 0, stale: false});
  group.severity = SEVERITIES.indexOf(element.querySelector(".severity").textContent);
  group.counter = element.querySelector("summary .count");
  group.names = element.querySelector(".names");
  group.more = element.querySelector(".more");
  group.check = element.querySelector(".check code");
  element.addEventListener("toggle", () => { if (element.open && group.stale) fill(group); });
}

// What the free text is looked for in; made once, when it is first needed.
let searchable = false;
function makeSearchable() {
  for (const group of groups) {
    group.hay = group.rows.map((row) => {
      const texts = row.filter((_, place) => place !== SEVERITY).map((index) => strings[index]);
      return `${group.about} ${texts.join(" ")}`.toLowerCase();
    });
  }
  searchable = true;
}

function wanted() {
  return {
    words: fields.text.value.toLowerCase().split(/\s+/).filter(Boolean),
    subject: fields.subject.value.trim().toLowerCase(),
    kind: fields.kind.value,
    demand: fields.demand.value,
    host: fields.host?.value,
    outcomes: new Set(boxes("outcome").filter((box) => box.checked).map((box) => box.value)),
    severities: new Set(boxes("severity").filter((box) => box.checked).map((box) => Number(box.value))),
  };
}

function matchingRows(group, want) {
  if (!want.outcomes.has(group.outcome) || (want.demand && !group.demands.includes(want.demand))) return [];
  const subjects = new Map(); // many rows share a subject
  const isSubject = (index) => {
    if (!subjects.has(index)) subjects.set(index, strings[index].toLowerCase().includes(want.subject));
    return subjects.get(index);
  };
  return group.rows.filter((row, place) =>
    want.severities.has(row[SEVERITY]) &&
    (!want.host || strings[row[HOST]] === want.host) &&
    (!want.kind || strings[row[KIND]] === want.kind) &&
    (!want.subject || isSubject(row[SUBJECT])) &&
    want.words.every((word) => group.hay[place].includes(word)));
}

function apply() {
  const want = wanted();
  if (want.words.length && !searchable) makeSearchable();
  const controls = new Set();
  let found = 0, total = 0;
  for (const group of groups) {
    const before = group.matching;
    group.matching = matchingRows(group, want);
    total += group.rows.length;
    found += group.matching.length;
    if (group.matching.length) controls.add(group.control);
    group.element.hidden = group.matching.length === 0;
    if (same(before, group.matching)) continue;
    group.counter.textContent = number(group.matching.length);
    if (group.names.textContent && group.matching.length) group.names.textContent = someNames(group.matching);
    if (group.element.open && !group.element.hidden) fill(group); else group.stale = true;
  }
  hideEmpty();
  byId("matches").textContent = `${number(found)} of ${counted(total, "finding")}, in ${counted(controls.size, "control")}`;
  remember();
}

const same = (one, other) => one.length === other.length && one.every((row, place) => row === other[place]);

function someNames(rows) {
  const names = [...new Set(rows.map((row) => row[NAME]))].map((index) => strings[index]);
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${number(names.length - 3)} more`;
}

function hideEmpty() {
  for (const block of all(".block")) block.hidden = !block.querySelector(".group:not([hidden])");
  for (const section of all("section.outcome")) {
    const shown = groups.filter((group) => group.outcome === section.dataset.outcome && group.matching.length);
    const found = shown.reduce((sum, group) => sum + group.matching.length, 0);
    section.hidden = shown.length === 0;
    section.querySelector("h3 .count").textContent = `${counted(new Set(shown.map((group) => group.control)).size, "control")}, ${counted(found, "finding")}`;
  }
}

// The filter stands in the address, so that it can be sent on and comes back after a reload.
let remembered = "";
function remember() {
  const state = new URLSearchParams();
  for (const [name, field] of Object.entries(fields)) if (field.value) state.set(name, field.value);
  for (const name of ["outcome", "severity"]) {
    if (boxes(name).some((box) => box.checked !== box.defaultChecked)) {
      state.set(name, boxes(name).filter((box) => box.checked).map((box) => box.value).join(","));
    }
  }
  const text = state.toString();
  if (text === remembered) return;
  remembered = text;
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

// Whether the address asks for another filter than the one that is shown.
function recall() {
  const text = location.hash.slice(1);
  if (text === remembered || (text && !text.includes("="))) return false;
  remembered = text;
  const state = new URLSearchParams(text);
  for (const [name, field] of Object.entries(fields)) field.value = state.get(name) ?? "";
  for (const name of ["outcome", "severity"]) {
    const chosen = state.get(name)?.split(",");
    for (const box of boxes(name)) box.checked = chosen ? chosen.includes(box.value) : box.defaultChecked;
  }
  return true;
}

function clear() {
  for (const field of Object.values(fields)) field.value = "";
  for (const box of [...boxes("outcome"), ...boxes("severity")]) box.checked = box.defaultChecked;
  apply();
  fields.text.focus();
}

function offerSubjects() {
  const typed = fields.subject.value.trim().toLowerCase(), found = new Set();
  for (const group of groups) {
    for (const row of group.rows) {
      if (found.size === 30) break;
      const subject = strings[row[SUBJECT]];
      if (!found.has(subject) && subject.toLowerCase().includes(typed)) found.add(subject);
    }
  }
  byId("subjects").replaceChildren(...[...found].map((subject) => Object.assign(create("option"), {value: subject})));
}

for (const name of ["demand", "host"]) {
  for (const span of all(`span[data-${name}]`)) {
    const link = create("a", "", span.textContent);
    link.href = `#${new URLSearchParams({[name]: span.dataset[name]})}`;
    link.title = "Show its findings";
    span.replaceChildren(link);
  }
}
addEventListener("hashchange", () => {
  if (!recall()) return; // it comes late: who types by then must keep the focus
  apply();
  if (location.hash.includes("=")) byId("findings").focus();
});
for (const field of Object.values(fields)) field.addEventListener("input", apply);
fields.subject.addEventListener("input", offerSubjects);
fields.subject.addEventListener("focus", offerSubjects);
for (const box of [...boxes("outcome"), ...boxes("severity")]) box.addEventListener("change", apply);
byId("clear").addEventListener("click", clear);
byId("open").addEventListener("click", () => { for (const group of groups) if (!group.element.hidden) group.element.open = true; });
byId("close").addEventListener("click", () => { for (const group of groups) group.element.open = false; });
document.querySelector(".filter").hidden = false;
recall();
apply();
