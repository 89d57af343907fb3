"use strict";
// Class rasters on their own lattice, painted where the screen needs them. The cell under a pixel comes from the same
// polynomial as the cell under the finger, so what is seen is what is counted.
Object.assign(envgis, (() => {
  const OUTSIDE = 6, MISSING = 7, NODE = 16, NO_CLASS = 255;
  async function inflate(text) {
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // Where a lattice lies: (u, v) of the Mercator square → (column, row).
  class Lattice {
    constructor(data) {
      Object.assign(this, data);
      this.terms = [];
      for (let i = 0; i <= data.degree; i++) for (let j = 0; j <= data.degree - i; j++) this.terms.push([i, j]);
    }
    cell(u, v) {
      const a = (u - this.u0) / this.du, b = (v - this.v0) / this.dv;
      let column = 0, row = 0;
      this.terms.forEach(([i, j], n) => {
        const term = a ** i * b ** j;
        column += this.column[n] * term;
        row += this.row[n] * term;
      });
      return [column, row];
    }
  }

  // All planes of a page, inflated when first asked for.
  class Planes {
    constructor(data) {
      this.data = data;
      this.lattices = data.lattices.map((one) => new Lattice(one));
      this.known = new Map();
    }
    plane(number) {
      if (!this.known.has(number)) this.known.set(number, this.inflate(number));
      return this.known.get(number);
    }
    async inflate(number) {
      const base = this.data.bases[number];
      const [cells, other] = await Promise.all([
        inflate(document.getElementById(`plane-${number}`).textContent), base === null ? null : this.plane(base)]);
      if (other) for (let i = 0; i < cells.length; i++) cells[i] ^= other[i];
      return cells;
    }
  }

  const abgr = (colour) => {
    const n = parseInt(colour.slice(1), 16);
    return (0xff000000 | (n & 255) << 16 | (n & 0xff00) | n >> 16) >>> 0;
  };

  // For each byte of a plane: its colour, the colour of its stripes, and the kind of stripe (0 none, 1 no data, 2 best).
  function palette(colours, stripe, withActions) {
    const plain = new Uint32Array(256), striped = new Uint32Array(256), kind = new Uint8Array(256);
    for (let byte = 0; byte < 256; byte++) {
      const level = withActions ? byte >> 3 & 7 : byte & 7, drop = withActions ? byte >> 6 : 0;
      if (level === OUTSIDE) continue;
      plain[byte] = abgr(colours[level === MISSING ? "no_data" : level]);
      striped[byte] = plain[byte];
      if (level === MISSING) { kind[byte] = 1; striped[byte] = abgr(stripe); }
      else if (drop) { kind[byte] = 2; striped[byte] = abgr(colours[Math.max(0, level - drop)]); }
    }
    return { plain, striped, kind };
  }

  // Paints width × height pixels into `out` (one Uint32 a pixel). u0, v0: place of the corner; step: width of a pixel;
  // x0, y0: the corner in whole pixels of the world, so that stripes stay where they are when the map moves.
  function paint(out, width, height, lattice, cells, colours, u0, v0, step, x0, y0, ratio) {
    const across = Math.ceil(width / NODE) + 1, down = Math.ceil(height / NODE) + 1;
    const column = new Float64Array(across * down), row = new Float64Array(across * down);
    for (let j = 0; j < down; j++) for (let i = 0; i < across; i++) {
      const [c, r] = lattice.cell(u0 + (i * NODE + 0.5) * step, v0 + (j * NODE + 0.5) * step);
      column[j * across + i] = c;
      row[j * across + i] = r;
    }
    const { plain, striped, kind } = colours, { columns, rows } = lattice;
    const wide = Math.max(4, Math.round(6 * ratio)), thin = Math.max(1, Math.round(1.5 * ratio)), half = wide >> 1;
    for (let y = 0; y < height; y++) {
      const j = y >> 4, t = (y & 15) / NODE;
      for (let i = 0; i < across - 1; i++) {
        const n = j * across + i, m = n + across;
        let c = column[n] + (column[m] - column[n]) * t, r = row[n] + (row[m] - row[n]) * t;
        const dc = (column[n + 1] + (column[m + 1] - column[n + 1]) * t - c) / NODE;
        const dr = (row[n + 1] + (row[m + 1] - row[n + 1]) * t - r) / NODE;
        for (let x = i * NODE, end = Math.min(width, x + NODE); x < end; x++, c += dc, r += dr) {
          if (c < 0 || r < 0 || c >= columns || r >= rows) continue;
          const byte = cells[(r | 0) * columns + (c | 0)];
          const stripe = kind[byte];
          const on = stripe && ((stripe === 1 ? x0 + x + y0 + y : x0 + x - y0 - y + (1 << 30)) % wide) < (stripe === 1 ? thin : half);
          out[y * width + x] = on ? striped[byte] : plain[byte];
        }
      }
    }
  }

  // One canvas over the view, painted anew after each move: sharp at every zoom, without seams between tiles.
  const Classes = L.Renderer.extend({
    options: { padding: 0.2, pane: "classes" },
    initialize(planes, colours, stripe, options) {
      L.Renderer.prototype.initialize.call(this, options);
      Object.assign(this, { planes, colours, stripe, view: null, palettes: [false, true].map((w) => palette(colours, stripe, w)) });
    },
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
    },
    _destroyContainer() {
      this._container.remove();
      delete this._container;
    },
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.repaint();
    },
    // Shows plane `number` of lattice `lattice`, or nothing (null).
    async show(lattice, number, withActions) {
      const wanted = this.wanted = {};
      const cells = number === null ? null : await this.planes.plane(number);
      if (this.wanted !== wanted) return false;
      this.view = cells && { lattice: this.planes.lattices[lattice], cells, colours: this.palettes[+withActions], withActions };
      if (this._map) this.repaint();
      return true;
    },
    repaint() {
      const canvas = this._container, box = this._bounds, size = box.getSize();
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      L.DomUtil.setPosition(canvas, box.min);
      if (!this.view) return;
      const corner = this._map.getPixelOrigin().add(box.min), world = 256 * 2 ** this._map.getZoom();
      const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
      const { lattice, cells, colours } = this.view;
      paint(new Uint32Array(image.data.buffer), canvas.width, canvas.height, lattice, cells, colours,
        corner.x / world, corner.y / world, 1 / (ratio * world), Math.round(corner.x * ratio), Math.round(corner.y * ratio), ratio);
      context.putImageData(image, 0, 0);
      performance.mark("levels");
    },
    // What lies at a place: { level, central, best }, each 0…5 or "no_data"; null outside.
    at(latlng) {
      if (!this.view) return null;
      const { lattice, cells } = this.view, where = this.cellAt(latlng, lattice);
      if (where === null) return null;
      const byte = cells[where], level = byte & 7, central = byte >> 3 & 7;
      if (level === OUTSIDE) return null;
      const named = (n) => n === MISSING ? "no_data" : String(n);
      return { level: named(level), central: named(central), best: central === MISSING ? "no_data" : named(central - (byte >> 6)) };
    },
    cellAt(latlng, lattice) {
      const p = this._map.project(latlng, 0);
      const [c, r] = lattice.cell(p.x / 256, p.y / 256);
      return c < 0 || r < 0 || c >= lattice.columns || r >= lattice.rows ? null : (r | 0) * lattice.columns + (c | 0);
    },
    // The number of the land-use class at a place, or null.
    async landuseAt(latlng) {
      const { lattice } = this.view;
      if (lattice.landuse === null) return null;
      const where = this.cellAt(latlng, lattice), number = (await this.planes.plane(lattice.landuse))[where];
      return where === null || number === NO_CLASS ? null : number;
    },
  });

  return { Planes, Classes };
})());
