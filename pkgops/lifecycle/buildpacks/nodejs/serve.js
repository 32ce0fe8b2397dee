// Serves the page that a build has made: its files, index.html for a folder, about.html for about, and index.html of
// the whole for a path without an ending, which the page's own router knows. Nothing that begins with a dot.
'use strict'
const fs = require('fs')
const http = require('http')
const path = require('path')

const TYPES = {
  '.avif': 'image/avif', '.css': 'text/css; charset=utf-8', '.gif': 'image/gif', '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon', '.jpeg': 'image/jpeg', '.jpg': 'image/jpeg', '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json', '.map': 'application/json', '.mjs': 'text/javascript; charset=utf-8',
  '.mp4': 'video/mp4', '.pdf': 'application/pdf', '.png': 'image/png', '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8', '.wasm': 'application/wasm', '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp', '.woff': 'font/woff', '.woff2': 'font/woff2', '.xml': 'application/xml',
}
const root = fs.realpathSync(process.argv[2])

// The file that answers a path; empty where none does.
function answering (asked) {
  let name
  try {
    name = decodeURIComponent(asked.split(/[?#]/)[0])
  } catch {
    return ''
  }
  const parts = name.split('/').filter(Boolean)
  if (parts.some((one) => one.startsWith('.') || /[\0\\]/.test(one))) return ''
  const place = path.join(root, ...parts)
  const found = [place, path.join(place, 'index.html'), `${place}.html`].find(isFile)
  return found || (path.extname(name) ? '' : path.join(root, 'index.html'))
}

// A link that leaves the folder is not followed.
function isFile (name) {
  try {
    return fs.statSync(name).isFile() && fs.realpathSync(name).startsWith(root + path.sep)
  } catch {
    return false
  }
}

const server = http.createServer((request, response) => {
  if (!['GET', 'HEAD'].includes(request.method)) return response.writeHead(405).end()
  const file = answering(request.url)
  if (!file) return response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\n')
  const type = TYPES[path.extname(file).toLowerCase()] || 'application/octet-stream'
  const stream = fs.createReadStream(file)
  stream.on('error', () => response.writeHead(500).end())
  stream.on('open', () => {
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': fs.statSync(file).size })
    if (request.method === 'HEAD') return response.end()
    stream.pipe(response)
  })
})
server.listen(Number(process.env.PORT || 8080), () => console.log(`listening on port ${server.address().port}`))
