// Nothing needs this script. It chooses light or dark, renews an open page when something changed, and knows the keys of the inbox.
const root = document.documentElement
const LEAST_MS = 2000 // between two renewals
const AGAIN_MS = 5000 // until a page that could not be made is asked for again

function remembered() {
  try { return localStorage.theme } catch { return undefined } // storage may be forbidden: then the system's choice holds
}
if (remembered()) root.dataset.theme = remembered()

function switchTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches
  root.dataset.theme = dark ? "light" : "dark"
  try { localStorage.theme = root.dataset.theme } catch { /* as above */ }
}

// Somebody is at it: writing, marking a text, or in a form that is unfolded.
function busy() {
  const held = document.activeElement
  return Boolean(held?.closest("input:not([type=hidden]), select, textarea") || String(getSelection()) || document.querySelector("details.pop[open]"))
}

const PLACES_OF_MAIN = "#main :is(a, button, summary, input, select, textarea, [tabindex])"

// What has the focus, found again in the new page by what it says and leads to; else by its place.
function found(held, place) {
  const same = [...document.querySelectorAll("#main :is(a, button, summary)")].find(each => each.tagName === held.tag && each.textContent === held.text && each.getAttribute("href") === held.href)
  return same ?? document.querySelectorAll(PLACES_OF_MAIN)[place]
}

function swap(fresh) {
  const main = document.getElementById("main"), next = fresh.getElementById("main")
  if (!next) return
  const focus = document.activeElement, at = [...document.querySelectorAll(PLACES_OF_MAIN)].indexOf(focus), down = scrollY
  const held = { tag: focus?.tagName, text: focus?.textContent, href: focus?.getAttribute("href") }
  const sideways = [...main.querySelectorAll(".wide, .scroll, .seg, pre")].map(each => each.scrollLeft)
  const open = [...main.querySelectorAll("details[open][id]")].map(each => each.id)
  main.replaceChildren(...next.childNodes)
  main.querySelectorAll(".wide, .scroll, .seg, pre").forEach((each, n) => { each.scrollLeft = sideways[n] ?? 0 })
  for (const id of open) document.getElementById(id)?.setAttribute("open", "")
  if (at >= 0) found(held, at)?.focus({ preventScroll: true })
  scrollTo(scrollX, down)
  const nav = document.querySelector(".top nav"), newer = fresh.querySelector(".top nav")
  if (nav && newer && !nav.contains(document.activeElement)) nav.replaceChildren(...newer.childNodes)
  document.title = fresh.title
}

let last = 0, waiting = 0
function renewSoon(after = 0) {
  if (waiting) return
  waiting = setTimeout(renew, Math.max(after, last + LEAST_MS - Date.now(), 0))
}

async function renew() {
  waiting = 0
  if (document.hidden) return
  if (busy()) return renewSoon(LEAST_MS)
  last = Date.now()
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } })
    if (answer.status === 401) return location.reload()
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
    if (busy()) return renewSoon(LEAST_MS)
    swap(fresh)
    tryAgain()
  } catch { renewSoon(AGAIN_MS) } // the console restarts: the next turn will tell
}

function tryAgain() {
  if (document.querySelector("[data-again]")) renewSoon(AGAIN_MS)
}

let stream
function watch() {
  if (document.hidden) { stream?.close(); stream = undefined; return }
  if (stream) return
  let broken = false
  stream = new EventSource("/live?since=" + document.body.dataset.live)
  stream.addEventListener("changed", () => renewSoon())
  stream.addEventListener("signed-out", () => location.reload())
  stream.onopen = () => { if (broken) renewSoon(); broken = false }
  stream.onerror = () => {
    broken = true
    if (stream?.readyState === EventSource.CLOSED) { stream = undefined; setTimeout(watch, AGAIN_MS); renewSoon(AGAIN_MS) }
  }
}

function step(by) {
  const all = [...document.querySelectorAll("#queue .who a")], at = all.indexOf(document.activeElement)
  all[Math.max(0, Math.min(all.length - 1, at + by))]?.focus()
}

// What a key does in the list of alerts, on the line that has the focus, and on the page of one alert.
const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  e: line => line.querySelector("form[data-key=e]")?.requestSubmit(),
  s: line => {
    const form = document.getElementById("snooze"), link = line.querySelector(".who a")
    if (form) { form.open = true; form.querySelector("input:not([type=hidden])").focus() } else if (link) location.assign(link.href + "#snooze")
  },
  "?": () => { const words = document.getElementById("keys"); if (words) { words.open = !words.open; words.scrollIntoView({ block: "nearest" }) } },
}

function key(event) {
  if (!(event.key in KEYS) || event.metaKey || event.ctrlKey || event.altKey) return
  if (event.target.closest("input, select, textarea")) return
  const line = document.getElementById("queue") ? document.activeElement.closest("#queue > li") : document.getElementById("main")
  if (line || "jk?".includes(event.key)) KEYS[event.key](line)
}

addEventListener("DOMContentLoaded", () => {
  const theme = document.getElementById("theme")
  theme.hidden = false
  theme.onclick = switchTheme
  addEventListener("keydown", key)
  if (location.hash === "#snooze") document.getElementById("snooze")?.setAttribute("open", "")
  if (!("live" in document.body.dataset)) return
  watch()
  tryAgain()
  document.addEventListener("visibilitychange", () => { watch(); if (!document.hidden) renewSoon() })
})
addEventListener("pagehide", () => { stream?.close(); stream = undefined })
addEventListener("pageshow", event => { if (event.persisted) { watch(); renewSoon() } })
