-- The requests of one run of wrk, and one line of figures for load.py.
-- Arguments: the method; for a POST the body, in which "%d" is a number; the number of requests after which wrk exits.
-- Only with the last does each request have a number of its own, which costs wrk some time. Then there are no figures.

init = function(arguments)
  wrk.method = arguments[1]
  if arguments[2] then
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.body = numbered(arguments[2], 0)
  end
  if arguments[3] then
    exit_after(tonumber(arguments[3]), arguments[2])
  end
end

function numbered(body, number)
  return (body:gsub("%%d", string.format("%07d", number)))
end

function exit_after(most, body)
  local sent, answered = 0, 0
  request = function()
    sent = sent + 1
    return wrk.format(nil, nil, nil, numbered(body, sent))
  end
  response = function(status)
    answered = answered + 1
    if status >= 300 then
      os.exit(1)
    elseif answered >= most then
      os.exit(0) -- wrk itself only ends when its time is over
    end
  end
end

done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("measured %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), failed))
end
