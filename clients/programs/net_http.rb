# Push credentials with Ruby's own HTTP client, Net::HTTP: create, page through, update, delete.
require "json"
require "net/http"

BASE = "https://notify.twilio.com/v1/Credentials"

def call(kind, url, form = nil)
  uri = URI(url)
  request = kind.new(uri)
  request.basic_auth(ENV.fetch("TWILIO_ACCOUNT_SID"), ENV.fetch("TWILIO_AUTH_TOKEN"))
  request.set_form_data(form) if form
  answer = Net::HTTP.start(uri.host, uri.port, use_ssl: true) { |http| http.request(request) }
  [answer.code.to_i, answer.body.to_s.empty? ? nil : JSON.parse(answer.body)]
end

def create(name)
  call(Net::HTTP::Post, BASE, "Type" => "fcm", "Secret" => "server-key", "FriendlyName" => name)
end

sids = %w[first second third].map { |name| create(name).last["sid"] }
puts "created #{sids.size}"

paged = []
url = "#{BASE}?PageSize=1"
while url
  page = call(Net::HTTP::Get, url).last
  paged.concat(page["credentials"].select { |one| sids.include?(one["sid"]) }.map { |one| one["friendly_name"] })
  url = page["meta"]["next_page_url"]
end
puts "paged #{paged.join(",")}"

second = "#{BASE}/#{sids[1]}"
puts "fetched #{call(Net::HTTP::Get, second).last["friendly_name"]}"
puts "updated #{call(Net::HTTP::Post, second, "FriendlyName" => "renamed").last["friendly_name"]}"
sids.each { |sid| call(Net::HTTP::Delete, "#{BASE}/#{sid}") }
puts "deleted"

status, error = call(Net::HTTP::Get, second)
puts "missing #{status} #{error["code"]}"
status, error = create("busy")
puts "busy #{status} #{error["code"]}"
