// Work for peers: equal shares by price, at most a part of the processor, and a turn for everything else in between.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairWork } from '../../../../node/network/fair-work.ts'

/** Jobs take what they say, and rests pass on a clock that nothing else moves. */
function bench(share = 0.5) {
  const clock = { ms: 0, rested: 0 }
  const rests: number[] = []
  const rest = async (ms: number) => {
    rests.push(ms)
    clock.ms += ms
    clock.rested += ms
  }
  const work = new FairWork({ share, now: () => clock.ms, rest })
  const job = (ms: number) => () => {
    clock.ms += ms
  }
  return { work, clock, rests, job }
}

test('forty peers with endless work delay one that has little by one round, and no more', async () => {
  const { work, job } = bench()
  const done: string[] = []
  const hostile = Array.from({ length: 40 }, (_, i) => ({ name: `hostile ${i}` }))
  const honest = { name: 'honest' }
  const jobs: Promise<unknown>[] = []
  for (const owner of hostile) {
    for (let i = 0; i < 50; i++) jobs.push(work.run(owner, 50, job(1)).then(() => done.push(owner.name)))
  }
  jobs.push(work.run(honest, 1, job(1)).then(() => done.push(honest.name)))
  await Promise.all(jobs)
  // Two jobs of 50 are a round of 100.
  assert(done.indexOf('honest') <= 2 * hostile.length + 2, `${done.indexOf('honest')} came before`)
})

test('who states high prices gets fewer jobs done than who states low ones', async () => {
  const { work, job } = bench()
  const done = { dear: 0, cheap: 0 }
  const first = Promise.withResolvers<void>()
  const dear = Array.from({ length: 100 }, () =>
    work.run(done, 100, job(1)).then(() => {
      done.dear += 1
    }),
  )
  const other = {}
  const cheap = Array.from({ length: 100 }, (_, i) =>
    work.run(other, 10, job(1)).then(() => {
      done.cheap += 1
      if (i === 99) first.resolve()
    }),
  )
  await first.promise
  assert.deepEqual(done.dear <= 12, true, `${done.dear} dear ones were done beside 100 cheap ones`)
  await Promise.all([...dear, ...cheap])
})

test('all work together takes no more than its share of the time', async () => {
  const { work, clock, job } = bench(0.5)
  const owners = Array.from({ length: 40 }, () => ({}))
  await Promise.all(owners.flatMap((owner) => Array.from({ length: 50 }, () => work.run(owner, 10, job(1)))))
  const worked = clock.ms - clock.rested
  assert.equal(worked, 2_000)
  assert(clock.rested >= worked - 20, `it worked for ${worked} ms and rested for ${clock.rested}`)
})

test('what is little waits for nothing, and what is much lets others have their turn every few milliseconds', async () => {
  const { work, rests, job } = bench(0.9)
  await work.run({}, 1, job(1))
  assert.deepEqual(rests, [])
  await Promise.all(Array.from({ length: 12 }, () => work.run({}, 1, job(1))))
  assert(rests.length >= 3, `it rested ${rests.length} times in 12 ms`)
})

test('a job that fails fails for whoever gave it, and the next is done', async () => {
  const { work } = bench()
  const owner = {}
  const failed = work.run(owner, 1, () => {
    throw new RangeError('a bug')
  })
  const rejected = work.run(owner, 1, () => Promise.reject(new TypeError('another')))
  await assert.rejects(failed, RangeError)
  await assert.rejects(rejected, TypeError)
  assert.equal(await work.run(owner, 1_000, () => 'done'), 'done')
  assert.equal(work.waiting, 0)
})
