import { bookRepository } from '../repositories/index.js'

export class BookService {
  byId(id: number) {
    return bookRepository.byId(id)
  }

  search(words: string) {
    return bookRepository.search(words)
  }

  create(title: string, copies: number) {
    return bookRepository.create(title, copies)
  }

  async titles(ids: number[]) {
    const titles: string[] = []
    for (const id of ids) {
      const book = await bookRepository.byId(id) // expect: n-plus-one
      if (book) titles.push(book.title)
    }
    return titles
  }

  async titlesAtOnce(ids: number[]) {
    const books = await bookRepository.byIds(ids)
    return books.map((book) => book.title)
  }
}
