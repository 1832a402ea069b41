// Filters the steps of a report. Without this script all of them are shown.
"use strict";
const bar = document.querySelector(".filters");
const steps = [...document.querySelectorAll(".step")];
const words = bar.querySelector("input");
let wanted = "all";
function show() {
  const text = words.value.trim().toLowerCase();
  for (const step of steps) {
    const fits = wanted === "all" || step.dataset.is.split(" ").includes(wanted);
    step.hidden = !(fits && (text === "" || step.textContent.toLowerCase().includes(text)));
  }
  for (const part of document.querySelectorAll(".case")) {
    part.hidden = !part.querySelector(".step:not([hidden])");
  }
  const left = steps.filter((step) => !step.hidden).length;
  bar.querySelector("output").textContent = left + " of " + steps.length;
}
for (const button of bar.querySelectorAll("button")) {
  button.addEventListener("click", () => {
    wanted = button.dataset.show;
    for (const other of bar.querySelectorAll("button")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    show();
  });
}
words.addEventListener("input", show);
bar.hidden = false;
show();
