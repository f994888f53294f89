// SPDX-License-Identifier: MIT
// Signs the requests of sigv4_cross.py with npm's aws4, whose folder is the first argument: a JSON object a line in, and
// for each a line with the Authorization header's value, a tab, and the query string of the link.
'use strict'

const aws4 = require(process.argv[2])
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)

function sign(line, link) {
  const headers = {}
  for (const [name, value] of line.headers) headers[name] = value
  let query = line.query
  if (link) query += (query ? '&' : '') + 'X-Amz-Expires=' + line.expires_s
  else if (line.service === 's3') headers['X-Amz-Content-Sha256'] = line.hash
  const request = {service: line.service, region: line.region, method: line.method, headers, signQuery: link,
    path: line.path + (query ? '?' + query : ''), doNotModifyHeaders: true}
  if (!link) {
    headers['X-Amz-Date'] = line.date
    if (line.token) headers['X-Amz-Security-Token'] = line.token
    request.body = line.body
  }
  const signer = new aws4.RequestSigner(request,
    {accessKeyId: line.id, secretAccessKey: line.secret, sessionToken: line.token})
  signer.datetime = line.date
  const signed = signer.sign()
  return link ? signed.path.slice(signed.path.indexOf('?') + 1) : signed.headers.Authorization
}

process.stdout.write(lines.map(text => {
  const line = JSON.parse(text)
  return sign(line, false) + '\t' + sign(line, true) + '\n'
}).join(''))
