"use strict";
// The map page: what folium's elements call to build the map, and the controls that choose what it shows.
Object.assign(envgis, (() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const element = (name, css, text) => {
    const node = document.createElement(name);
    if (css) node.className = css;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  // Pixels between a label and the map's edge, and from the top of the map to below its buttons.
  const EDGE = 4, BUTTONS = 64;
  const page = { words: {}, actions: [], footprints: [], groups: {} };

  function map(id, options) {
    const bounds = options.bounds;
    const made = L.map(id, {
      zoomSnap: 0.25, zoomControl: false, attributionControl: false, fadeAnimation: false, maxZoom: 19, wheelPxPerZoomLevel: 90,
      maxBounds: L.latLngBounds(bounds).pad(1.5), renderer: L.canvas({ padding: 0.3 }), ...options,
    });
    made.createPane("classes").style.zIndex = 250;
    const legend = $(".legend"), beside = getComputedStyle(legend).position === "absolute" && made.getSize().x > 640;
    made.fitBounds(bounds, { animate: false, paddingTopLeft: [beside ? legend.offsetWidth + 12 : 12, 12], paddingBottomRight: [12, 12] });
    made.setMinZoom(made.getZoom() - 2);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(made);
    page.zoom = L.control.zoom({ position: "topleft" }).addTo(made);
    page.bounds = bounds;
    page.map = made;
    return made;
  }

  function classes(target, id) {
    const data = page.levels = envgis.json(id);
    const planes = new envgis.Planes(data), painter = (options) => new envgis.Classes(planes, data.colours, data.stripe, options);
    page.layer = painter({}).addTo(target);
    page.divide = new envgis.Divide(target, painter({ pane: "compare" }));
  }

  // Puts a label on its place, or as near to it as the map's edge lets it be whole; away with it where the place is out of sight.
  function keepInside(target, at, label) {
    const size = target.getSize(), place = target.latLngToContainerPoint(at), node = label.getElement();
    const half = L.point(node.offsetWidth, node.offsetHeight).divideBy(2).add([EDGE, EDGE]);
    node.style.visibility = L.bounds([0, 0], size).contains(place) ? "" : "hidden";
    const within = L.point(...["x", "y"].map((axis) => Math.max(half[axis], Math.min(size[axis] - half[axis], place[axis]))));
    label.setLatLng(target.containerPointToLatLng(within));
  }

  function outlines(target, id) {
    const data = envgis.json(id);
    const labels = [];
    for (const one of data.neighbours) {
      L.geoJSON(one.shape, { interactive: false, renderer: target.options.renderer, style: { color: "#7B8794", weight: 1, fill: false, dashArray: "4 3" } }).addTo(target);
      labels.push([one.at, L.tooltip({ permanent: true, direction: "center", className: "place-name", interactive: false })
        .setLatLng(one.at).setContent(element("span", "", one.name)).addTo(target)]);
    }
    const settle = () => labels.forEach(([at, label]) => keepInside(target, at, label));
    target.on("moveend zoomend resize", settle);
    settle();
    envgis.outline(target, data.outline, "#1F2933", 2).addTo(target);
  }

  function marks(target, id) {
    const data = envgis.json(id);
    page.actions = data.actions;
    page.words = data.words;
    page.fields = data.fields;
    page.footprints = data.footprints;
    const shapes = L.layerGroup(data.footprints.map((shape) => envgis.outline(target, shape, "#0B5FA5", 1.5)));
    for (const name of data.signs) {
      const group = envgis.actionGroup(target, data.actions.filter((a) => a.sign === name), openAction);
      page.groups[name] = name === "in_force" ? [shapes, group] : [group];
    }
    page.groups.site = [envgis.siteGroup(target, data.sites, openSite)];
    if (!window.DecompressionStream) $("#too-old").hidden = false;
  }

  // ---- what is shown -------------------------------------------------------------------------------------------

  const chosen = (name) => ($(`input[name=${name}]:checked`) || {}).value;
  const current = () => {
    const hazard = $("#hazard").value, keys = page.levels.keys.filter((k) => k.hazard === hazard);
    const scenario = keys.filter((k) => k.scenario === chosen("scenario"));
    const among = scenario.length ? scenario : keys;
    return among.find((k) => k.period === $("#period").value) || among[0];
  };

  function offer(key) {
    const keys = page.levels.keys.filter((k) => k.hazard === key.hazard);
    all("input[name=scenario]").forEach((input) => {
      const there = keys.some((k) => k.scenario === input.value);
      input.disabled = !there;
      $(`label[for=${input.id}]`).hidden = !there;
      input.checked = input.value === key.scenario;
    });
    const periods = keys.filter((k) => k.scenario === key.scenario).map((k) => k.period);
    $("#period-box").hidden = periods.every((p) => p === "");
    all("#period option").forEach((one) => { one.hidden = one.disabled = !periods.includes(one.value); });
    $("#period").value = key.period;
    const box = $("#actions-box");
    if (box) box.hidden = !key.actions;
  }

  // The scenario to compare with: the present, or with the present the first other one.
  function counterpart(key) {
    const others = page.levels.keys.filter((k) => k.hazard === key.hazard && k.period === key.period && k.scenario !== key.scenario && k.picture);
    return others.find((k) => k.scenario === "present") || others[0] || null;
  }

  // A name, and where actions change the map, whether it shows them.
  const named = (key, words, withActions) => envgis.text(words) + (key.actions ? ` · ${envgis.text(withActions ? page.words.mapWith : page.words.mapWithout).toLowerCase()}` : "");

  async function compare(key, withActions) {
    const box = $("#compare-box");
    if (!box) return;
    const other = key.picture && counterpart(key);
    box.hidden = !other;
    $("#compare-with").textContent = other ? envgis.text(other.name) : "";
    page.other = other && $("#compare").checked ? other : null;
    const names = page.other ? [key, other].map((k) => named(k, k.name, withActions)) : [];
    await page.divide.show(page.other ? other.picture : null, withActions && page.other && other.actions, names);
  }

  async function show() {
    const key = current(), withActions = key.actions && chosen("actions") === "with";
    page.key = key;
    offer(key);
    all("[data-key]").forEach((node) => { node.hidden = node.dataset.key !== key.id; });
    all("[data-group]").forEach((node) => { node.hidden = node.dataset.group !== key.group; });
    all("[data-with]").forEach((node) => { node.hidden = node.dataset.with !== (withActions ? "yes" : "no"); });
    page.map.closePopup();
    const [lattice, plane] = key.picture || [null, null];
    $("#private").hidden = key.picture !== null;
    if (window.DecompressionStream && await page.layer.show(lattice, plane, withActions)) {
      document.documentElement.dataset.shown = `${key.id}/${withActions ? "with" : "without"}`;
      const picture = $("#preview");
      if (picture) picture.remove();
      await compare(key, withActions);
    }
  }

  function switches() {
    all("[data-switch]").forEach((input) => {
      const apply = () => {
        (page.groups[input.dataset.switch] || []).forEach((group) => (input.checked ? group.addTo(page.map) : group.remove()));
        all(`[data-legend=${input.dataset.switch}]`).forEach((node) => { node.hidden = !input.checked; });
      };
      input.addEventListener("change", apply);
      apply();
    });
  }

  // ---- what lies under the finger --------------------------------------------------------------------------------

  const inRing = ([x, y], ring) => {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i], [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < (xj - xi) * (y - yi) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };
  const inShape = (point, shape) => (shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates)
    .some((rings) => rings.filter((ring) => inRing(point, ring)).length % 2 === 1);

  function levelLine(level) {
    const line = element("span", "finger-level");
    line.append(element("i", `swatch fill-${level}`), element("b", "", envgis.text(page.levels.levels[level])));
    return line;
  }

  async function readLevel(latlng) {
    const second = page.divide.covers(page.map.latLngToContainerPoint(latlng));
    const layer = second ? page.divide.layer : page.layer, key = second ? page.other : page.key, found = layer.at(latlng);
    if (!found) return;
    const body = element("div", "finger"), withActions = layer.view.withActions;
    body.append(element("div", "finger-title", named(key, key.title, withActions)), levelLine(withActions ? found.central : found.level));
    if (key.actions && found.central !== found.level) {
      const words = withActions ? page.words.without : page.words.with;
      body.append(element("div", "", `${envgis.text(words)}: ${envgis.text(page.levels.levels[withActions ? found.level : found.central])}`));
    }
    if (withActions && found.best !== found.central) {
      body.append(element("div", "", `${envgis.text(page.words.best)}: ${envgis.text(page.levels.levels[found.best])}`));
    }
    const landuse = await layer.landuseAt(latlng);
    if (landuse !== null) body.append(element("div", "", envgis.text(page.levels.landuse[landuse])));
    if (page.levels.reported) {
      const covered = page.footprints.some((shape) => inShape([latlng.lng, latlng.lat], shape));
      body.append(element("div", "", envgis.text(covered ? page.words.covered : page.words.uncovered)));
    }
    popup(latlng, body);
  }

  function popup(latlng, body) {
    const layers = $(".layers");
    if (layers) layers.open = false; // it would lie over the popup
    L.popup({ maxWidth: 260, autoPanPaddingTopLeft: [16, BUTTONS], autoPanPaddingBottomRight: [16, 16], closeOnClick: true }).setLatLng(latlng).setContent(body).openOn(page.map);
    $("#heard").textContent = body.innerText;
  }

  function openAction(action, latlng) {
    const body = element("div", "finger"), list = element("dl");
    body.append(element("div", "finger-title", envgis.text(page.words.signs[action.sign])));
    for (const [field, value] of action.fields) list.append(element("dt", "", envgis.text(page.fields[field])), element("dd", "", envgis.text(value)));
    body.append(list);
    popup(latlng, body);
  }

  function openSite(site, latlng) {
    const body = element("div", "finger");
    body.append(element("div", "finger-title", [site.id, site.name].filter(Boolean).join(" · ")),
      element("b", "", envgis.text(page.words.decisions[site.decision])), element("div", "", envgis.text(site.reason)));
    popup(latlng, body);
  }

  function goTo(item, name) {
    const input = $(`[data-switch=${name}]`);
    if (input && !input.checked) { input.checked = true; input.dispatchEvent(new Event("change")); }
    page.map.setView(item.at, Math.max(page.map.getZoom(), 14), { animate: false });
    $(".map").scrollIntoView({ block: "nearest" });
    (name === "site" ? openSite : openAction)(item, L.latLng(item.at));
  }

  // ---- the list of actions: the way in for keyboard and screen reader --------------------------------------------

  const ROWS = 25;
  // Pixels of the narrower of Letter and A4 within its margins, and of three fifths of its height.
  const PAPER = { width: 690, height: 560 };
  const summary = (action) => action.fields.map(([, value]) => envgis.text(value)).join(" · ");

  function listActions() {
    const list = $("#action-list");
    if (!list) return;
    const asked = $("#search").value.trim().toLowerCase();
    const found = page.actions.filter((action) => `${summary(action)} ${envgis.text(page.words.signs[action.sign])}`.toLowerCase().includes(asked));
    list.replaceChildren(...found.slice(0, page.rows).map((action) => {
      const item = element("li"), button = element("button", "row"), picture = element("canvas", "sign");
      picture.dataset.sign = action.sign;
      picture.setAttribute("aria-hidden", "true");
      envgis.swatch(picture);
      button.type = "button";
      button.append(picture, element("span", "", summary(action) || envgis.text(page.words.signs[action.sign])));
      button.addEventListener("click", () => goTo(action, action.sign));
      item.append(button);
      return item;
    }));
    $("#more").hidden = found.length <= page.rows;
    $("#found").textContent = `${Math.min(found.length, page.rows)} / ${found.length}`;
  }

  // On paper the map keeps its size and is drawn smaller: what is painted while a page is printed stays off the paper.
  function fitPaper() {
    const size = page.map.getSize(), style = $(".map-box").style;
    style.setProperty("--width", `${size.x}px`);
    style.setProperty("--height", `${size.y}px`);
    style.setProperty("--shrink", String(Math.min(1, PAPER.width / size.x, PAPER.height / size.y)));
  }

  function start() {
    envgis.listen();
    all("canvas[data-sign]").forEach(envgis.swatch);
    all("#hazard, #period, #compare, input[name=scenario], input[name=actions]").forEach((input) => input.addEventListener("change", show));
    switches();
    page.map.on("click", (event) => readLevel(event.latlng));
    page.map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === page.map.getContainer()) readLevel(page.map.getCenter());
    });
    all("[data-site]").forEach((button) => button.addEventListener("click", () => {
      const sites = envgis.json("marks").sites;
      goTo(sites[Number(button.dataset.site)], "site");
    }));
    page.rows = ROWS;
    if ($("#search")) {
      $("#search").addEventListener("input", () => { page.rows = ROWS; listActions(); });
      $("#more").addEventListener("click", () => { page.rows += ROWS; listActions(); });
    }
    envgis.onSpeak((language) => {
      page.map.closePopup();
      if (page.key) compare(page.key, page.layer.view && page.layer.view.withActions);
      listActions();
      [["_zoomInButton", "zoomIn"], ["_zoomOutButton", "zoomOut"]].forEach(([name, word]) => {
        page.zoom[name].title = page.words[word][language];
        page.zoom[name].setAttribute("aria-label", page.words[word][language]);
      });
    });
    const asked = page.levels.keys.find((k) => k.slug === decodeURIComponent(location.hash.slice(1)));
    if (asked) {
      $("#hazard").value = asked.hazard;
      offer(asked);
    }
    envgis.speak(document.documentElement.lang);
    window.addEventListener("beforeprint", fitPaper);
    new ResizeObserver(() => page.map.invalidateSize({ animate: false })).observe(page.map.getContainer());
    return show();
  }

  return { map, classes, outlines, marks, start, page };
})());
