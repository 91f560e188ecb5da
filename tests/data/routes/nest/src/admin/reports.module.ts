import { Controller, Get, Module } from '@nestjs/common';

@Controller('daily')
class DailyController {
  @Get(':day')
  day() {
    return {};
  }
}

@Module({ controllers: [DailyController] })
export class ReportsModule {}
