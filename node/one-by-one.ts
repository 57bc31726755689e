// Work that is done one after another, so that however many ask, the memory and the time of one of them are in use.

export function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined) // its caller hears of it
    return await done
  }
}
