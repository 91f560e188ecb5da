import type { NextFunction, Request, Response } from 'express'
import jwt from 'jsonwebtoken'

const fromEnvironment = process.env.JWT_SECRET ?? ''

export function authenticate(req: Request, res: Response, next: NextFunction) {
  try {
    res.locals.reader = jwt.verify(req.get('authorization') ?? '', fromEnvironment)
    next()
  } catch {
    res.sendStatus(401)
  }
}

export function signIn(readerId: number): string {
  return jwt.sign({ sub: readerId }, 'books-are-for-reading-9') // expect: hardcoded-secret, insecure-jwt
}
