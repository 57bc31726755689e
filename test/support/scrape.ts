// What Prometheus would read of a process: each sample by its name and labels as they stand in the text.

import { get } from 'node:http'

export type Scraped = ReadonlyMap<string, number>
export type Reply = { readonly status: number; readonly body: string }

/** `headers` may name another host than the URL's. */
export function fetchText(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', reject)
    }).on('error', reject)
  })
}

export function parseSamples(text: string): Scraped {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

export async function scrape(url: string): Promise<Scraped> {
  const { status, body } = await fetchText(`${url}/metrics`)
  if (status !== 200) throw new Error(`a scrape was answered with ${status}: ${body}`)
  return parseSamples(body)
}
