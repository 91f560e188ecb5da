import { Controller, Get, Post, VERSION_NEUTRAL, Version } from '@nestjs/common';

@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  @Get()
  check() {
    return 'ok';
  }
}

@Controller({ version: VERSION_NEUTRAL })
export class MetricsController {
  @Get('metrics')
  read() {
    return '';
  }

  @Post('metrics')
  push() {
    return '';
  }
}

@Controller('public')
export class PublicController {
  @Get('logo')
  @Version(VERSION_NEUTRAL)
  logo() {
    return '';
  }
}
