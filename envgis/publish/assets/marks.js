"use strict";
// Actions and sites: shape and colour together tell them apart. All text arrives as data and is set as text.
Object.assign(envgis, (() => {
  const STYLE = {
    in_force: { fill: "#0B5FA5", line: "#0B5FA5" },
    ongoing: { fill: "#56B4E9", line: "#1F2933" },
    planned: { fill: "#FFFFFF", line: "#0B5FA5" },
    failed: { cross: "#4D4D4D" },
    not_in_force: { fill: "#FFFFFF", line: "#4D4D4D" },
  };
  const SITE = { proceed: "✓", caution: "!", avoid: "×", not_enough_data: "?" };

  // Draws a sign around (x, y): a white halo first, so that it stands out on every level.
  function sign(context, name, x, y, r) {
    const { fill, line, cross } = STYLE[name];
    const path = () => {
      context.beginPath();
      if (cross) {
        context.moveTo(x - r, y - r); context.lineTo(x + r, y + r);
        context.moveTo(x - r, y + r); context.lineTo(x + r, y - r);
      } else context.arc(x, y, r, 0, 2 * Math.PI);
    };
    path();
    context.lineWidth = cross ? 5.5 : 4.5;
    context.strokeStyle = "#FFFFFF";
    context.stroke();
    path();
    context.lineWidth = cross ? 2.5 : 1.5;
    context.strokeStyle = cross || line;
    if (fill) { context.fillStyle = fill; context.fill(); }
    context.stroke();
  }

  function diamond(context, name, x, y, r) {
    context.beginPath();
    context.moveTo(x, y - r); context.lineTo(x + r, y); context.lineTo(x, y + r); context.lineTo(x - r, y);
    context.closePath();
    context.lineWidth = 5;
    context.strokeStyle = "#FFFFFF";
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = "#1F2933";
    context.fillStyle = "#FFFFFF";
    context.fill();
    context.stroke();
    context.fillStyle = "#1F2933";
    context.font = `bold ${Math.round(r * 1.35)}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(SITE[name] || "?", x, y + 0.5);
  }

  const Mark = L.CircleMarker.extend({
    options: { bubblingMouseEvents: false },
    _updatePath() {
      const { _ctx, _drawing } = this._renderer;
      if (!_drawing || this._empty()) return;
      (this.options.draw)(_ctx, this.options.sign, this._point.x, this._point.y, this._radius);
    },
  });

  const radius = (zoom, many) => (many ? (zoom < 13 ? 3 : zoom < 15 ? 5 : 8) : zoom < 12 ? 5 : zoom < 15 ? 6.5 : 9);

  // Marks of one kind in one group, shown or hidden together; `tap(item, latlng)` is called when one is tapped.
  function group(map, items, draw, grow, tap) {
    const marks = items.filter((item) => item.at).map((item) => {
      const mark = new Mark(item.at, { draw, sign: item.sign || item.decision, radius: radius(map.getZoom(), false) + grow, renderer: map.options.renderer });
      mark.on("click", (event) => { L.DomEvent.stop(event); tap(item, mark.getLatLng()); });
      return mark;
    });
    const resize = () => marks.forEach((mark) => mark.setRadius(radius(map.getZoom(), marks.length > 400) + grow));
    map.on("zoomend", resize);
    resize();
    return L.layerGroup(marks);
  }

  const actionGroup = (map, items, tap) => group(map, items, sign, 0, tap);
  const siteGroup = (map, items, tap) => group(map, items, diamond, 4, tap);

  // An outline in two strokes, readable on light and on dark.
  function outline(map, geometry, colour, weight, dash) {
    const common = { interactive: false, renderer: map.options.renderer };
    return L.layerGroup([
      L.geoJSON(geometry, { ...common, style: { color: "#FFFFFF", weight: weight + 2.5, opacity: 0.9, fill: false } }),
      L.geoJSON(geometry, { ...common, style: { color: colour, weight, opacity: 1, fill: false, dashArray: dash || null } }),
    ]);
  }

  // A map sign in the page itself (legend, switches): a small canvas.
  function swatch(canvas) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = canvas.height = 20 * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    if (canvas.dataset.sign === "site") diamond(context, "caution", 10, 10, 7.5);
    else sign(context, canvas.dataset.sign, 10, 10, canvas.dataset.sign === "failed" ? 4.5 : 5.5);
  }

  return { actionGroup, siteGroup, outline, swatch };
})());
