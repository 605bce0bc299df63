// The picture of a live figure: it is shown, and tells the kernel where it is pressed or dragged.
//
// Zones lie over the picture where pointing does something. Places are sent as fractions of the
// picture, from its top left corner, so that they hold at any size. While the kernel is busy, the
// latest event waits for it and takes the place of those before. So each event says all that counts:
// a drag where it began and is now, an arrow key all steps since the first of its run.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function render({ model, el }) {
  const frame = document.createElement("div");
  const picture = document.createElement("img");
  const zones = [];
  let told = 0; // events so far
  frame.className = "course-picture";
  frame.append(picture);
  el.append(frame);

  function show() {
    const before = picture.src;
    const png = new Blob([model.get("value")], { type: "image/png" });
    picture.src = URL.createObjectURL(png); // the old picture stays until the new one is ready
    if (before) URL.revokeObjectURL(before);
  }

  // The number of the next event, so that the same place pressed twice is told twice. The model may
  // hold an event from another view of the figure, or an older one that the kernel sent back.
  function next() {
    return Math.max(told, model.get("event").count ?? 0) + 1;
  }

  function tell(event) {
    told = next();
    model.set("event", { ...event, count: told });
    model.save_changes();
  }

  function placeOf(pointer) {
    const { left, top, width, height } = picture.getBoundingClientRect();
    return [(pointer.clientX - left) / width, (pointer.clientY - top) / height];
  }

  function makeZone(index) {
    const zone = document.createElement("div");
    let press = null; // the press that a drag began with
    let latest = null; // where the pointer was last
    let waiting = 0; // for the next frame
    let run = null; // of arrow keys: its number, and how far they have led together

    function send() {
      cancelAnimationFrame(waiting);
      waiting = 0;
      tell({ zone: index, press: press.number, start: press.place, place: latest });
    }

    zone.addEventListener("pointerdown", (pointer) => {
      if (!pointer.isPrimary || pointer.button !== 0) return;
      pointer.preventDefault(); // no selection of text, no scrolling
      pointer.stopPropagation();
      zone.setPointerCapture(pointer.pointerId);
      zone.focus({ preventScroll: true });
      run = null;
      latest = placeOf(pointer);
      press = { number: next(), place: latest };
      send();
    });
    zone.addEventListener("pointermove", (pointer) => {
      if (!press) return;
      latest = placeOf(pointer);
      waiting ||= requestAnimationFrame(send);
    });
    zone.addEventListener("pointerup", (pointer) => {
      if (!press || !pointer.isPrimary) return;
      latest = placeOf(pointer); // not every way to it is told by a pointermove
      send();
    });
    zone.addEventListener("lostpointercapture", () => {
      if (press && waiting) send();
      press = null;
    });
    zone.addEventListener("blur", () => {
      run = null;
    });
    zone.addEventListener("keydown", (key) => {
      if (!(key.key in ARROWS) || key.ctrlKey || key.altKey || key.metaKey) return;
      key.preventDefault();
      key.stopPropagation();
      run ??= { number: next(), steps: [0, 0] };
      run.steps = run.steps.map((steps, along) => steps + ARROWS[key.key][along]);
      tell({ zone: index, run: run.number, arrows: run.steps });
    });

    zone.className = "course-zone";
    zone.dataset.lmSuppressShortcuts = "true"; // arrow keys are ours, not the notebook's
    zone.setAttribute("role", "application");
    frame.append(zone);
    return zone;
  }

  function placeZones() {
    model.get("zones").forEach(({ left, top, width, height, cursor, label, keys }, index) => {
      const zone = (zones[index] ??= makeZone(index));
      zone.setAttribute("aria-label", label);
      if (keys) zone.tabIndex = 0;
      Object.assign(zone.style, {
        left: `${100 * left}%`,
        top: `${100 * top}%`,
        width: `${100 * width}%`,
        height: `${100 * height}%`,
        cursor,
      });
    });
  }

  function describe() {
    picture.alt = model.get("alt");
  }

  model.on("change:value", show);
  model.on("change:alt", describe);
  model.on("change:zones", placeZones);
  describe();
  placeZones();
  show();

  return () => {
    model.off("change:value", show);
    model.off("change:alt", describe);
    model.off("change:zones", placeZones);
    URL.revokeObjectURL(picture.src);
  };
}

export default { render };
