--[[
  Replaces a value if it is still the value that the caller saw.

  KEYS[1]  the value
  ARGV[1]  the value that the caller saw, "" for none
  ARGV[2]  the new value

  Output   1 replaced, 0 the value has changed
]]
if (redis.call("GET", KEYS[1]) or "") ~= ARGV[1] then
  return 0
end
redis.call("SET", KEYS[1], ARGV[2])
return 1
