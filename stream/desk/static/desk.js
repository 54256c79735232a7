/* Live updates and running clocks. The desk works without this file: pages reload by themselves or by hand. Plain for old browsers. */
(function () {
  "use strict";
  var body = document.body;
  var ahead = Date.now() - Number(body.getAttribute("data-now"));
  var isZh = body.getAttribute("data-language") === "zh";

  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }

  function span(leftS) {
    if (leftS < 3600) {
      return Math.floor(leftS / 60) + (isZh ? "分" : " min ") + two(leftS % 60) + (isZh ? "秒" : " s");
    }
    if (leftS < 172800) {
      return Math.floor(leftS / 3600) + (isZh ? "小时" : " h ") + Math.floor((leftS % 3600) / 60) + (isZh ? "分" : " min");
    }
    return Math.floor(leftS / 86400) + (isZh ? "天" : " d ") + Math.floor((leftS % 86400) / 3600) + (isZh ? "小时" : " h");
  }

  function tick() {
    var clocks = document.querySelectorAll(".clock[data-until]");
    for (var i = 0; i < clocks.length; i += 1) {
      var leftS = Math.max(0, Math.floor((Number(clocks[i].getAttribute("data-until")) + ahead - Date.now()) / 1000));
      clocks[i].textContent = span(leftS);
      clocks[i].className = leftS < 1800 ? "clock soon" : "clock";
    }
  }

  function replace(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html");
    var parts = document.querySelectorAll("[data-live]");
    for (var i = 0; i < parts.length; i += 1) {
      var found = fresh.getElementById(parts[i].id);
      if (found && found.innerHTML !== parts[i].innerHTML) {
        parts[i].innerHTML = found.innerHTML;
      }
    }
    ahead = Date.now() - Number(fresh.body.getAttribute("data-now"));
    tick();
  }

  function load() {
    var request = new XMLHttpRequest();
    request.open("GET", body.getAttribute("data-path")); // not the address: that of a refused form would send it again
    request.setRequestHeader("X-Desk-Live", "1");
    request.onload = function () {
      if (request.status === 200) {
        replace(request.responseText);
      }
    };
    request.send();
  }

  tick();
  window.setInterval(tick, 1000);
  var url = body.getAttribute("data-live-url");
  if (url && window.EventSource && document.querySelector("#queue[data-live], #head[data-live]")) {
    var source = new EventSource(url);
    source.addEventListener("change", load);
    source.addEventListener("ended", function () {
      source.close();
      window.location.assign("/sign-in");
    });
  }
}());
