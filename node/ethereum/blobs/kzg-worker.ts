// A thread that does KZG: each export is a task of the pool, and all share one set-up.

import type { Kzg } from './kzg.ts'
import { loadKzg } from './load-kzg.ts'
import { commitSparse, loadPoints, type Points } from './sparse-blob.ts'

export type ProveTask = { readonly blob: Uint8Array; readonly place: number }

let loading: Promise<Kzg> | undefined
let points: Promise<Points | undefined> | undefined

export async function commit(blob: Uint8Array): Promise<Uint8Array> {
  return (await commitAlone(blob)) ?? (await load()).commit(blob)
}

export async function prove({ blob, place }: ProveTask): Promise<Uint8Array> {
  return (await load()).prove(blob, place)
}

export async function cellProofs(blob: Uint8Array): Promise<Uint8Array[]> {
  return (await load()).cellProofs(blob)
}

/** Undefined where the library is loaded or needed. */
async function commitAlone(blob: Uint8Array): Promise<Uint8Array | undefined> {
  if (loading !== undefined) return undefined
  points ??= loadPoints().catch(() => undefined)
  const pointAt = await points
  return pointAt && commitSparse(blob, pointAt)
}

function load(): Promise<Kzg> {
  loading ??= loadKzg()
  return loading
}
