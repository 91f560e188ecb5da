import { RequestMethod, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

export async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.setGlobalPrefix('api', {
    exclude: ['health', { path: 'metrics', method: RequestMethod.GET }, 'public/*path'],
  });
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  return app;
}
