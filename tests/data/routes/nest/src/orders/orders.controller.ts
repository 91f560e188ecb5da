import { Get, Patch, Post, Sse, applyDecorators, Controller, HttpCode } from '@nestjs/common';
import { CrudController } from '../common/crud.controller';

const BASE = 'orders';

export function Submit(path: string) {
  return applyDecorators(Post(path), HttpCode(202));
}

@Controller(`${BASE}/:orderId/lines`)
export class OrdersController extends CrudController {
  @Get()
  override list() {
    return [];
  }

  override create(body: object) {
    return body;
  }

  @Patch('/:lineId/')
  edit() {
    return {};
  }

  @Submit('submit')
  submit() {
    return {};
  }

  @Sse('events')
  events() {
    return null;
  }
}
