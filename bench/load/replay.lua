--[[
  Makes wrk (one thread) send the requests in a file, in order and repeatedly.

  Arguments  1  the file: for each request its length in bytes, a line feed and the request
             2  requests per second, evenly spaced independently of the responses (as long as a connection is free);
                0 sends each request as soon as a connection is free

  Output     a last line of JSON: see `reportSchema` in run-wrk.ts
]]
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long microseconds; } timeval_t;
  int gettimeofday(timeval_t *now, void *unused);
]])
local clock = ffi.new("timeval_t")

-- Milliseconds since the epoch, like Date.now() but not rounded.
local function now()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.seconds) * 1000 + tonumber(clock.microseconds) / 1000
end

local requests = {}
local checked = false
-- When each request was sent. Global, so that `done`, which runs in another Lua state, can read it.
sent = {}

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local length = file:read("*n")
  while length do
    file:read(1)
    requests[#requests + 1] = file:read(length)
    length = file:read("*n")
  end
  file:close()

  local rate = tonumber(args[2])
  if rate > 0 then
    local due
    -- wrk calls this before each request and waits for the returned number of whole milliseconds.
    function delay()
      due = (due or now()) + 1000 / rate
      return math.max(0, math.floor(due - now()))
    end
  end
end

function request()
  -- wrk calls this once at the start to check the request, and does not send it.
  if not checked then
    checked = true
    return requests[1]
  end
  local number = #sent + 1
  sent[number] = now()
  return requests[(number - 1) % #requests + 1]
end

local threads = {}
function setup(thread)
  threads[#threads + 1] = thread
end

function done(summary)
  local times = threads[1]:get("sent")
  for number, time in ipairs(times) do
    times[number] = string.format("%.0f", math.floor(time))
  end
  io.write(string.format(
    '{"answered":%d,"durationMs":%.1f,"failed":%d,"broken":%d,"sentAt":[%s]}\n',
    summary.requests,
    summary.duration / 1000,
    summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    table.concat(times, ",")
  ))
end
