const list = document.getElementById("events");
const source = new EventSource("events");
for (const type of ["call", "delivery", "callback", "fault", "clock", "records", "reset", "gap"]) {
  source.addEventListener(type, (event) => {
    const row = document.createElement("li");
    row.textContent = `${type} ${event.data}`;
    list.prepend(row);
  });
}
