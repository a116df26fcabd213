// Keeps the pages of the console live. Without it they work, and show the state at the time of loading.

const stream = document.getElementById("stream");
const say = (text) => {
  if (stream !== null && stream.textContent !== text) stream.textContent = text;
};

/** Opens a stream of the server's. The browser reconnects by itself. */
function open(url, handlers) {
  const source = new EventSource(url);
  source.addEventListener("open", () => say("Live"));
  source.addEventListener("error", () => say("The connection is lost; the figures are old. Reconnecting …"));
  source.addEventListener("failed", (event) => say(`Not available: ${event.data}`));
  for (const [name, handle] of Object.entries(handlers)) source.addEventListener(name, handle);
  return source;
}

const colours = ["#0a7d4f", "#b4541a"];

function draw(element, names, samples) {
  const data = [samples.map(({ at }) => at), ...names.map((name) => samples.map((sample) => sample[name]))];
  const width = Math.max(200, element.clientWidth);
  if (element.plot === undefined) {
    const ink = getComputedStyle(element).color;
    const axis = { stroke: ink, grid: { stroke: "#8884", width: 1 }, ticks: { stroke: "#8884" } };
    element.plot = new uPlot(
      {
        width,
        height: 180,
        scales: { y: { range: (_, min, max) => [0, Math.max(1, max ?? 1) * 1.1] } },
        axes: [axis, { ...axis, size: 60 }],
        series: [
          {},
          ...names.map((name, index) => ({
            label: name.replace("Ms", ""),
            stroke: colours[index],
            width: 2,
            spanGaps: false,
          })),
        ],
      },
      data,
      element,
    );
  } else {
    element.plot.setData(data);
    if (element.plot.width !== width) element.plot.setSize({ width, height: 180 });
  }
}

const live = document.getElementById("live");
if (live !== null) {
  open(live.dataset.live, {
    html: (event) => {
      // An operator who reads or scrolls a table keeps the place.
      const focused = document.activeElement?.closest("#live .scroll");
      const left = focused?.scrollLeft;
      live.innerHTML = event.data;
      if (focused) {
        const again = live.querySelector(".scroll");
        again?.focus({ preventScroll: true });
        if (again) again.scrollLeft = left;
      }
      say("Live");
    },
    samples: (event) => {
      const samples = JSON.parse(event.data);
      for (const element of document.querySelectorAll(".chart")) {
        draw(element, element.dataset.series.split(" "), samples);
      }
    },
  });
}

const events = document.getElementById("events");
if (events !== null) {
  const maxRows = 200;
  open(events.dataset.live, {
    row: (event) => {
      const template = document.createElement("template");
      template.innerHTML = event.data;
      const row = template.content.querySelector("tr");
      // After a reconnection the stream may repeat an event.
      if (row === null || events.querySelector(`[data-event="${row.dataset.event}"]`)) return;
      document.getElementById("empty")?.remove();
      events.prepend(row);
      while (events.rows.length > maxRows) events.rows[events.rows.length - 1].remove();
    },
  });
}
