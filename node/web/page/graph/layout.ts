// Where each transaction of a neighbourhood is drawn: in layers from left to right, by ELK (Eclipse Layout Kernel) in a worker, since it takes its time.

import elkApi, { type ElkNode } from 'elkjs/lib/elk-api.js'
import workerUrl from 'elkjs/lib/elk-worker.min.js?url'
import type { Infohash } from '../../../protocol/ids.ts'
import type { Neighbourhood } from './neighbourhood.ts'

export const BOX = { width: 220, height: 52 } as const

type Point = { readonly x: number; readonly y: number }
export type Drawing = {
  readonly width: number
  readonly height: number
  readonly places: ReadonlyMap<Infohash, Point>
  readonly lines: readonly { readonly id: string; readonly points: readonly Point[] }[]
}

const OPTIONS = {
  'elk.algorithm': 'layered',
  'elk.direction': 'RIGHT',
  'elk.edgeRouting': 'POLYLINE',
  'elk.layered.spacing.nodeNodeBetweenLayers': '48',
  'elk.spacing.nodeNode': '16',
}

/** Of a browser that has Trusted Types (W3C), as far as it is used here. */
type PolicyFactory = {
  readonly createPolicy: (
    name: string,
    rules: { readonly createScriptURL: (url: string) => string },
  ) => { readonly createScriptURL: (url: string) => unknown }
}

// The one script that is loaded by its address; the policy of the page knows no other.
const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes
const policy = factory?.createPolicy('layout-worker', {
  createScriptURL: (url) => {
    if (url !== workerUrl) throw new TypeError(`expected ${workerUrl}, got another script`)
    return url
  },
})
let elk: InstanceType<typeof elkApi.default> | undefined

/** Rejects if the worker fails. */
export async function drawNeighbourhood({ vertices, edges }: Neighbourhood): Promise<Drawing> {
  // What the policy returns is text to a browser that has none.
  elk ??= new elkApi.default({
    workerFactory: () => new Worker((policy?.createScriptURL(workerUrl) ?? workerUrl) as string),
  })
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: OPTIONS,
    children: vertices.map(({ record }) => ({ id: record.infohash, ...BOX })),
    edges: edges.map(({ from, to }) => ({ id: `${from} ${to}`, sources: [from], targets: [to] })),
  }
  const { width = 0, height = 0, children = [], edges: drawn = [] } = await elk.layout(graph)
  return {
    width,
    height,
    places: new Map(children.map(({ id, x = 0, y = 0 }) => [id as Infohash, { x, y }])), // the ids that went in
    lines: drawn.flatMap(({ id, sections = [] }) =>
      sections.map(({ startPoint, bendPoints = [], endPoint }) => ({
        id,
        points: [startPoint, ...bendPoints, endPoint],
      })),
    ),
  }
}
