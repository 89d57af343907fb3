"use strict";
// Two scenarios side by side: the second is painted in a pane of its own, cut off left of a divide that can be moved.
Object.assign(envgis, (() => {
  const PANE = "compare";

  class Divide {
    constructor(map, layer) {
      this.map = map;
      this.pane = map.createPane(PANE);
      this.pane.style.zIndex = 260;
      this.layer = layer;
      this.box = document.getElementById("divide");
      [this.line, this.before, this.after] = this.box.querySelectorAll("i, b");
      this.input = this.box.querySelector("input");
      this.input.addEventListener("input", () => this.cut());
      map.on("move zoomend resize", () => this.cut());
    }
    get on() { return !this.box.hidden; }
    get x() { return this.map.getSize().x * this.input.value / 100; }
    cut() {
      if (!this.on) return;
      const size = this.map.getSize(), corner = this.map.containerPointToLayerPoint([this.x, 0]);
      const end = this.map.containerPointToLayerPoint(size);
      this.pane.style.clip = `rect(${corner.y}px, ${end.x}px, ${end.y}px, ${corner.x}px)`;
      this.line.style.left = `${this.x}px`;
      this.before.style.right = `${size.x - this.x + 8}px`;
      this.after.style.left = `${this.x + 8}px`;
    }
    // Shows what lies right of the divide; null takes the divide away.
    async show(picture, withActions, names) {
      this.box.hidden = picture === null;
      if (picture === null) { this.layer.remove(); return; }
      [this.before.textContent, this.after.textContent] = names;
      this.layer.addTo(this.map);
      this.cut();
      await this.layer.show(picture[0], picture[1], withActions);
    }
    // Whether a place on the screen shows the second scenario.
    covers(point) { return this.on && point.x >= this.x; }
  }

  return { Divide };
})());
