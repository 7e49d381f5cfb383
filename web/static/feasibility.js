// Asks for the answer again while somebody types; without it the form's button does.
const form = document.querySelector("form[data-answer]");
const answer = document.getElementById("answer");
const PAUSE = 120;
let timer;
let latest = 0;

function opened() {
  return [...answer.querySelectorAll("details")].map((each) => each.open);
}

async function ask() {
  latest += 1;
  const mine = latest;
  const query = new URLSearchParams(new FormData(form));
  const reply = await fetch(`${form.dataset.answer}?${query}`);
  // An answer that comes late, or to somebody who was signed out meanwhile, is not shown.
  if (mine !== latest || reply.redirected || !reply.ok) return;
  const open = opened();
  answer.innerHTML = await reply.text();
  answer.querySelectorAll("details").forEach((each, at) => { each.open = open[at] ?? false; });
  history.replaceState(null, "", `?${query}`);
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
});
