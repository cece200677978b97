<?php
// Push credentials with PHP's own HTTP client, cURL: create, page through, update, delete.

const BASE = 'https://notify.twilio.com/v1/Credentials';

function call(string $method, string $url, array $form = []): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_CUSTOMREQUEST => $method,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_USERPWD => getenv('TWILIO_ACCOUNT_SID') . ':' . getenv('TWILIO_AUTH_TOKEN'),
    ]);
    if ($form) {
        curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query($form));
    }
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException(curl_error($curl));
    }
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), json_decode($body, true)];
}

function create(string $name): array
{
    return call('POST', BASE, ['Type' => 'fcm', 'Secret' => 'server-key', 'FriendlyName' => $name]);
}

$sids = array_map(fn ($name) => create($name)[1]['sid'], ['first', 'second', 'third']);
echo 'created ', count($sids), "\n";

$paged = [];
for ($next = BASE . '?PageSize=1'; $next; $next = $page['meta']['next_page_url']) {
    [, $page] = call('GET', $next);
    foreach ($page['credentials'] as $one) {
        if (in_array($one['sid'], $sids)) {
            $paged[] = $one['friendly_name'];
        }
    }
}
echo 'paged ', implode(',', $paged), "\n";

$second = BASE . '/' . $sids[1];
echo 'fetched ', call('GET', $second)[1]['friendly_name'], "\n";
echo 'updated ', call('POST', $second, ['FriendlyName' => 'renamed'])[1]['friendly_name'], "\n";
foreach ($sids as $sid) {
    call('DELETE', BASE . '/' . $sid);
}
echo "deleted\n";

[$status, $error] = call('GET', $second);
echo "missing $status {$error['code']}\n";
[$status, $error] = create('busy');
echo "busy $status {$error['code']}\n";
