'use strict';
// The data stands in the page; nothing is asked of any server. Every text goes in as text, never as markup.
const data = JSON.parse(document.getElementById('data').textContent);
const verb = data.relation === 'calls' ? 'calls' : 'imports';
const at = id => document.getElementById(id);
const MANY_ARROWS = 220;
const MANY_LINES = 200;
const LEVELS = ['note', 'warning', 'error'];

const files = data.files.map(([path, group, role, lines, flags], index) =>
  ({ index, path, group, role, lines, test: (flags & 1) > 0, outside: (flags & 2) > 0, uses: [], users: [], findings: [] }));
const edges = data.edges.map(([from, to, line, kind, rule, name]) =>
  ({ from: files[from], to: files[to], line, kind, rule: data.rules[rule], name: data.names[name] }));
for (const edge of edges) {
  edge.from.uses.push(edge);
  edge.to.users.push(edge);
}
for (const [file, line, level, rule, message] of data.findings) {
  files[file].findings.push({ file: files[file], line, level, rule: data.rules[rule], message });
}

// ---- the tree: groups, folders, files

const nodes = [];

function add(parent, label, kind) {
  const node = { id: nodes.length, parent, label, kind, kids: [], files: [], open: false, role: '' };
  nodes.push(node);
  if (parent) parent.kids.push(node);
  return node;
}

/** Folders with one thing in them are one box with it. */
function grow(node, members, skip) {
  node.files = members;
  const folders = new Map();
  const plain = [];
  for (const file of members) {
    const end = file.outside ? -1 : file.path.indexOf('/', skip);
    if (end < 0) plain.push(file);
    else {
      const name = file.path.slice(skip, end);
      if (!folders.has(name)) folders.set(name, []);
      folders.get(name).push(file);
    }
  }
  if (node.kind !== 'file' && plain.length === 0 && folders.size === 1 && members.length > 1) {
    const [name] = folders.keys();
    node.label = node.kind === 'group' ? node.label : `${node.label}${name}/`;
    return grow(node, members, skip + name.length + 1);
  }
  for (const [name, inside] of folders) {
    if (inside.length === 1) leaf(node, inside[0], inside[0].path.slice(skip));
    else grow(add(node, `${name}/`, 'folder'), inside, skip + name.length + 1);
  }
  for (const file of plain) leaf(node, file, file.path.slice(skip) || file.path);
  node.kids.sort((a, b) => (a.kind === b.kind ? (a.label < b.label ? -1 : 1) : a.kind === 'folder' ? -1 : 1));
}

function leaf(parent, file, label) {
  const node = add(parent, label, 'file');
  node.files = [file];
  file.node = node;
}

const groups = data.groups.map(([name, role, row]) => Object.assign(add(null, name, 'group'), { role, row }));
for (const [index, group] of groups.entries()) grow(group, files.filter(file => file.group === index), 0);
for (const node of nodes) {
  node.lines = node.files.reduce((sum, file) => sum + file.lines, 0);
  node.findings = node.files.flatMap(file => file.findings);
  node.worst = Math.max(-1, ...node.findings.map(finding => finding.level));
  node.test = node.files.length > 0 && node.files.every(file => file.test);
  node.outside = node.files.length > 0 && node.files.every(file => file.outside);
  if (!node.role) {
    const roles = new Set(node.files.map(file => file.role));
    node.role = roles.size === 1 ? [...roles][0] : '';
  }
}

// ---- what is shown

let chosen = null; // {node} or {arrow: [from, to]}
const wanted = name => at(name).checked;
const isShown = file => (wanted('tests') || !file.test || data.onlyTests) && (wanted('outside') || !file.outside);
const isDrawn = edge => isShown(edge.from) && isShown(edge.to) && (wanted('types') || edge.kind !== 'type')
  && (!wanted('only-red') || edge.rule);

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

const count = (number, word) => `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`;

function badge(node) {
  return node.findings.length === 0 ? null
    : make('span', { class: `badge ${LEVELS[node.worst]}`, title: count(node.findings.length, 'finding') }, String(node.findings.length));
}

function detail(node) {
  if (node.outside) return node.kind === 'file' ? 'outside' : count(node.files.length, 'package');
  const parts = node.kind === 'file' ? [] : [count(node.files.filter(isShown).length, 'file')];
  parts.push(count(node.lines, 'line'));
  return parts.join(' · ');
}

const shownAs = new Map(); // file → the node that stands for it

function draw() {
  shownAs.clear();
  const rows = data.rows.map(name => ({ name, boxes: [] }));
  for (const group of groups) {
    if (group.files.some(isShown)) rows[group.row].boxes.push(box(group));
  }
  at('rows').replaceChildren(...rows.filter(row => row.boxes.length > 0)
    .map(row => make('div', { class: 'row' }, make('div', { class: 'name' }, row.name), ...row.boxes)));
  requestAnimationFrame(drawArrows);
  describe();
}

function box(node) {
  const kids = node.kids.filter(kid => kid.files.some(isShown));
  const look = `${node.role}${node.outside ? ' outside' : ''}`;
  if (node.open && kids.length > 0) {
    const head = make('button', { class: 'head', type: 'button', 'aria-expanded': 'true', title: 'Close', onclick: () => toggle(node) },
      '▾ ', node.label, make('small', {}, detail(node)), badge(node));
    node.element = make('div', { class: `frame ${look}`, 'data-node': node.id }, head, make('div', { class: 'kids' }, ...kids.map(box)));
    return node.element;
  }
  for (const file of node.files) shownAs.set(file, node);
  const open = kids.length > 0
    ? make('span', { class: 'open', title: 'Open', onclick: event => { event.stopPropagation(); toggle(node); } }, '▸') : null;
  node.element = make('button', {
    class: `box ${look}${open ? ' has-kids' : ''}`, type: 'button', 'data-node': node.id, title: node.kind === 'file' ? node.files[0].path : node.label,
    onclick: () => choose({ node }), ondblclick: () => kids.length > 0 && toggle(node),
    onkeydown: event => { if (event.key === 'ArrowRight' && kids.length > 0) toggle(node); },
  }, make('b', {}, node.label, badge(node)), make('small', {}, detail(node)), open);
  return node.element;
}

function toggle(node) {
  node.open = !node.open;
  draw();
}

// ---- arrows

const SVG = 'http://www.w3.org/2000/svg';

function svg(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text) element.textContent = text;
  return element;
}

/** All imports from one shown box to another. */
function bundles() {
  const found = new Map();
  for (const edge of edges) {
    if (!isDrawn(edge)) continue;
    const [from, to] = [shownAs.get(edge.from), shownAs.get(edge.to)];
    if (!from || !to || from === to) continue;
    const key = `${from.id} ${to.id}`;
    if (!found.has(key)) found.set(key, { key, from, to, edges: [], red: 0, kinds: new Set() });
    const bundle = found.get(key);
    bundle.edges.push(edge);
    bundle.red += edge.rule ? 1 : 0;
    bundle.kinds.add(edge.kind);
  }
  return [...found.values()];
}

const touches = (bundle, choice) => Boolean(choice) && (choice.node
  ? inside(bundle.from, choice.node) || inside(bundle.to, choice.node)
  : bundle.from === choice.arrow[0] && bundle.to === choice.arrow[1]);

function inside(node, outer) {
  for (let up = node; up; up = up.parent) if (up === outer) return true;
  return false;
}

let shownBundles = [];

function drawArrows() {
  const all = bundles();
  shownBundles = all;
  const drawn = all.length <= MANY_ARROWS ? all : all.filter(bundle => bundle.red > 0 || touches(bundle, chosen));
  const stage = at('rows').getBoundingClientRect();
  const origin = at('arrows');
  origin.replaceChildren();
  const area = at('stage').getBoundingClientRect();
  const shift = { x: stage.left - area.left + at('stage').scrollLeft, y: stage.top - area.top + at('stage').scrollTop };
  origin.style.width = `${stage.width + shift.x}px`;
  origin.style.height = `${stage.height + shift.y}px`;
  const place = node => {
    const rect = node.element.getBoundingClientRect();
    return { x: rect.left - stage.left + shift.x, y: rect.top - stage.top + shift.y, width: rect.width, height: rect.height };
  };
  const places = new Map();
  const placed = node => {
    if (!places.has(node)) places.set(node, place(node));
    return places.get(node);
  };
  // Ends of arrows are spread over the side they touch, in the order of what they lead to.
  const sides = new Map();
  const anchor = (node, side, other, bundle) => {
    const key = `${node.id} ${side}`;
    if (!sides.has(key)) sides.set(key, []);
    sides.get(key).push({ bundle, x: placed(other).x + placed(other).width / 2 });
  };
  for (const bundle of drawn) {
    const [a, b] = [placed(bundle.from), placed(bundle.to)];
    bundle.way = b.y >= a.y + a.height - 4 ? 'down' : b.y + b.height <= a.y + 4 ? 'up' : 'beside';
    anchor(bundle.from, bundle.way === 'up' ? 'top' : 'bottom', bundle.to, bundle);
    anchor(bundle.to, bundle.way === 'down' ? 'top' : 'bottom', bundle.from, bundle);
  }
  for (const list of sides.values()) list.sort((a, b) => a.x - b.x);
  const end = (node, side, bundle) => {
    const list = sides.get(`${node.id} ${side}`);
    const where = list.findIndex(entry => entry.bundle === bundle);
    const rect = placed(node);
    return { x: rect.x + rect.width * (where + 1) / (list.length + 1), y: side === 'top' ? rect.y : rect.y + rect.height };
  };
  const heaviest = Math.max(1, ...drawn.map(bundle => bundle.edges.length));
  drawn.sort((a, b) => (a.red > 0) - (b.red > 0) || touches(a, chosen) - touches(b, chosen));
  for (const bundle of drawn) drawArrow(origin, bundle, end, heaviest);
  drawWeights(origin, drawn);
  const hidden = all.length - drawn.length;
  const notes = [count(files.filter(file => isShown(file) && !file.outside).length, 'file'), count(edges.filter(isDrawn).length, verb.slice(0, -1)),
    count(data.findings.length, 'finding')];
  if (hidden > 0) notes.push(`${hidden} arrows are not drawn: choose a box to see its own`);
  at('summary').textContent = notes.concat(data.notes).join(' · ');
  for (const node of nodes) {
    const element = node.element;
    if (!element || !element.isConnected) continue;
    const isChosen = chosen && chosen.node === node;
    element.classList.toggle('chosen', Boolean(isChosen));
    const near = !chosen || isChosen || element.classList.contains('frame') || inside(node, chosen.node || null)
      || all.some(bundle => touches(bundle, chosen) && (bundle.from === node || bundle.to === node));
    element.classList.toggle('dim', !near);
  }
}

function drawArrow(origin, bundle, end, heaviest) {
  const from = end(bundle.from, bundle.way === 'up' ? 'top' : 'bottom', bundle);
  const to = end(bundle.to, bundle.way === 'down' ? 'top' : 'bottom', bundle);
  const sign = bundle.way === 'up' ? -1 : 1;
  const into = bundle.way === 'down' ? 1 : -1; // the direction in which the tip points
  const tip = { x: to.x, y: to.y - into * 7 };
  const bend = bundle.way === 'beside' ? Math.min(40, 14 + Math.abs(to.x - from.x) / 12) : Math.max(18, Math.abs(tip.y - from.y) / 2);
  const curve = bundle.way === 'beside'
    ? `M${from.x} ${from.y} C${from.x} ${from.y + bend} ${tip.x} ${tip.y + bend} ${tip.x} ${tip.y}`
    : `M${from.x} ${from.y} C${from.x} ${from.y + sign * bend} ${tip.x} ${tip.y - sign * bend} ${tip.x} ${tip.y}`;
  const isLit = touches(bundle, chosen);
  const state = `${bundle.red > 0 ? ' red' : ''}${isLit ? ' lit' : ''}${chosen && !isLit ? ' dim' : ''}`;
  const dash = bundle.kinds.has('load') || data.relation === 'calls' ? '' : bundle.kinds.has('deferred') ? ' later' : ' types';
  const thick = 1 + 2.4 * Math.log1p(bundle.edges.length) / Math.max(0.7, Math.log1p(heaviest));
  const path = svg('path', { class: `arrow${state}${dash}`, d: curve, 'stroke-width': thick.toFixed(1) });
  const words = `${title(bundle.from)} → ${title(bundle.to)}: ${count(bundle.edges.length, verb.slice(0, -1))}${bundle.red > 0 ? `, ${bundle.red} against a rule` : ''}`;
  path.append(svg('title', {}, words));
  path.addEventListener('click', () => choose({ arrow: [bundle.from, bundle.to] }));
  const half = 3.4 + thick / 2;
  origin.append(path, svg('path', { class: `tip${state}`, d: `M${to.x} ${to.y} L${to.x - half} ${tip.y - into} L${to.x + half} ${tip.y - into} Z` }));
  bundle.label = { x: from.x, y: from.y + (bundle.way === 'up' ? -6 : 14), state };
}

/** The numbers of arrows, the most telling first; where another stands there is none. */
function drawWeights(origin, drawn) {
  const standing = [];
  const order = drawn.filter(bundle => bundle.edges.length > 1)
    .sort((a, b) => touches(b, chosen) - touches(a, chosen) || (b.red > 0) - (a.red > 0) || b.edges.length - a.edges.length);
  for (const { label, edges: all } of order) {
    const text = String(all.length);
    const width = 4 + 6.5 * text.length;
    if (standing.some(other => Math.abs(other.x - label.x) < (width + other.width) / 2 && Math.abs(other.y - label.y) < 11)) continue;
    standing.push({ ...label, width });
    origin.append(svg('text', { class: `weight${label.state}`, x: label.x, y: label.y }, text));
  }
}

// ---- the panel

const title = node => node.kind === 'file' ? node.files[0].path : node.label;

function choose(choice) {
  chosen = chosen && choice && chosen.node && chosen.node === choice.node ? null : choice;
  drawArrows();
  describe();
}

function place(file, line) {
  const text = line > 0 ? `${file.path}:${line}` : file.path;
  if (data.links) {
    const address = data.links.replaceAll('{path}', file.path.split('/').map(encodeURIComponent).join('/')).replaceAll('{line}', String(Math.max(1, line)));
    return make('a', { class: 'place', href: address, rel: 'noreferrer' }, text);
  }
  return make('button', { class: 'place', type: 'button', title: 'Show in the picture', onclick: () => reveal(file.node) }, text);
}

function site(edge) {
  const what = edge.name ? ` ${edge.name} of ${edge.to.path}` : ` ${edge.to.path}`;
  return make('li', {}, place(edge.from, edge.line), make('span', { class: edge.rule ? 'red-text' : 'faint' }, ` ${verb}${what}${edge.rule ? ` [${edge.rule}]` : ''}`));
}

function limited(items, shown) {
  const list = make('ul', {}, ...items.slice(0, MANY_LINES).map(shown));
  if (items.length > MANY_LINES) list.append(make('li', { class: 'faint' }, `and ${items.length - MANY_LINES} more`));
  return list;
}

function section(heading, found, other) {
  const byFile = new Map();
  for (const edge of found) {
    const end = edge[other];
    if (!byFile.has(end)) byFile.set(end, []);
    byFile.get(end).push(edge);
  }
  const sorted = [...byFile].sort((a, b) => b[1].some(edge => edge.rule) - a[1].some(edge => edge.rule) || b[1].length - a[1].length || (a[0].path < b[0].path ? -1 : 1));
  if (sorted.length === 0) return [];
  const item = ([file, list]) => make('li', {}, make('details', {},
    make('summary', { class: list.some(edge => edge.rule) ? 'red-text' : null }, `${file.path} (${list.length})`), limited(list, site)));
  return [make('h3', {}, `${heading} (${byFile.size})`), limited(sorted, item)];
}

function describe() {
  const panel = at('panel');
  if (!chosen) {
    const worst = [...data.findings].sort((a, b) => b[2] - a[2]).slice(0, MANY_LINES);
    panel.replaceChildren(make('h2', {}, 'How to read it'),
      make('p', {}, `An arrow leads from what ${verb} to what it ${verb.slice(0, -1)}s; its number says how often. Red breaks a rule. Choose a box or an arrow for its lines, open a box with ▸ or a double click.`),
      ...(worst.length > 0 ? [make('h3', {}, `Findings (${data.findings.length})`), limited(worst, ([file, line, level, rule, message]) => finding({ file: files[file], line, level, rule: data.rules[rule], message }))] : []));
    return;
  }
  if (chosen.arrow) {
    const [from, to] = chosen.arrow;
    const bundle = shownBundles.find(found => found.from === from && found.to === to);
    const list = bundle ? [...bundle.edges].sort((a, b) => Boolean(b.rule) - Boolean(a.rule)) : [];
    panel.replaceChildren(make('h2', {}, `${title(from)} → ${title(to)}`), make('p', { class: 'faint' }, count(list.length, verb.slice(0, -1))), limited(list, site));
    return;
  }
  const node = chosen.node;
  const mine = new Set(node.files);
  const uses = node.files.flatMap(file => file.uses).filter(edge => isDrawn(edge) && !mine.has(edge.to));
  const users = node.files.flatMap(file => file.users).filter(edge => isDrawn(edge) && !mine.has(edge.from));
  panel.replaceChildren(
    make('h2', {}, title(node)),
    make('p', { class: 'faint' }, [node.role, detail(node)].filter(Boolean).join(' · ')),
    make('div', { class: 'panel-actions' },
      node.kids.length > 0 ? make('button', { type: 'button', onclick: () => toggle(node) }, node.open ? 'Close' : 'Open') : null,
      node.kind === 'file' && data.links ? place(node.files[0], 1) : null),
    ...(node.findings.length > 0 ? [make('h3', {}, `Findings (${node.findings.length})`), limited([...node.findings].sort((a, b) => b.level - a.level), finding)] : []),
    ...section(data.relation === 'calls' ? 'Calls' : 'Imports', uses, 'to'),
    ...section(data.relation === 'calls' ? 'Called by' : 'Imported by', users, 'from'));
}

function finding({ file, line, level, rule, message }) {
  return make('li', {}, make('span', { class: `badge ${LEVELS[level]}`, style: 'margin:0 6px 0 0' }, rule), message, ' ', place(file, line));
}

// ---- finding things

function reveal(node) {
  for (let up = node.parent; up; up = up.parent) up.open = true;
  if (node.test) at('tests').checked = true;
  if (node.outside) at('outside').checked = true;
  chosen = { node };
  draw();
  if (node.element) node.element.scrollIntoView({ block: 'center', inline: 'center' });
}

function search() {
  const words = at('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length === 0 ? [] : nodes.map(node => [node, title(node).toLowerCase()])
    .filter(([, text]) => words.every(word => text.includes(word)))
    .sort((a, b) => a[1].length - b[1].length).slice(0, 30);
  at('hits').replaceChildren(...hits.map(([node]) =>
    make('button', { type: 'button', role: 'option', onclick: () => { at('hits').hidden = true; reveal(node); } }, title(node))));
  at('hits').hidden = hits.length === 0;
}

at('title').textContent = data.title;
at('search').addEventListener('input', search);
at('search').addEventListener('keydown', event => { if (event.key === 'Enter' && at('hits').firstChild) at('hits').firstChild.click(); });
document.addEventListener('keydown', event => {
  if (event.key === '/' && document.activeElement !== at('search')) {
    event.preventDefault();
    at('search').focus();
  }
  if (event.key === 'Escape') {
    at('hits').hidden = true;
    choose(null);
  }
});
for (const name of ['only-red', 'types', 'tests', 'outside']) at(name).addEventListener('change', draw);
at('close-all').addEventListener('click', () => { for (const node of nodes) node.open = false; draw(); });
addEventListener('resize', drawArrows);
// A single box says nothing: what has few files is open from the start.
if (files.filter(file => !file.outside).length <= 40 || groups.filter(group => group.files.some(isShown)).length === 1) for (const group of groups) group.open = !group.outside;
const asked = decodeURIComponent(location.hash.slice(1));
const target = asked && nodes.find(node => title(node) === asked);
if (target) reveal(target); else draw();
