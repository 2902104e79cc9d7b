-- Visits as they come: one of a thousand links, one of some browsers and crawlers, half of the
-- visitors with a cookie from before. Seeded, so that every system gets the same ones.
local agents = {
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
}
local requests, at = {}, 0

function init(args)
  math.randomseed(1)
  for i = 1, 4096 do
    local headers = {
      ["User-Agent"] = agents[math.random(#agents)],
      ["Referer"] = "https://blog.example/posts/" .. math.random(1000),
    }
    if math.random() < 0.5 then
      headers["Cookie"] = string.format("_ga=GA1.1.1; _cref=01a204f9-5d48-7b3c-bf02-%012x", i)
    end
    requests[i] = wrk.format("GET", "/r/bench/key" .. math.random(1000), headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency, _)
  io.stderr:write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
