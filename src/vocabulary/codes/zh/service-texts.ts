/** service-codes.ts, in Chinese. */
import type { serviceCodes } from "../service-codes.ts";
import type { Text, Texts } from "./text.ts";

export const serviceTexts: Texts<keyof typeof serviceCodes> = {
  AccessDenied: { means: "密钥没有执行此操作的权限", advice: "检查密钥对该存储桶和对象键的权限" },
  AccessForbidden: { means: "存储桶自身的规则禁止此操作", advice: "检查存储桶策略及其 ACL" },
  AuthorizationHeaderMalformed: {
    means: "签名所用的地域不是存储桶所在的地域",
    advice: "用 --archive-region 设置错误信息中给出的地域",
  },
  BadDigest: { means: "收到的内容的 MD5 与声明的不一致" },
  BadRequest: { means: "服务拒绝了请求，且没有说明原因" },
  BucketAccelerateNotEnabled: {
    means: "访问的是全球加速域名，而存储桶未开启全球加速",
    advice: "为存储桶开启全球加速，或使用其默认域名",
  },
  BucketAlreadyOwnedByYou: { means: "存储桶已存在" },
  BucketNotEmpty: { means: "存储桶中有对象" },
  ChecksumRequired: {
    means: "存储桶的对象锁定（Object Lock）要求事先给出每个对象的 MD5，而分块上传的大原图事先并不知道它",
    advice: "把这类原图归档到对象锁定（Object Lock）没有默认保留期的存储桶",
  },
  ConditionalRequestConflict: { means: "此刻有另一个请求正在写同一个对象键" },
  EntityTooLarge: { means: "对象大于单次请求或单次上传允许的大小" },
  EntityTooSmall: { means: "上传的某个分块小于允许的最小值" },
  ExpiredToken: { means: "临时密钥已过期", advice: "临时密钥已过期：请更新" },
  FileAlreadyExists: { means: "对象键已被占用，而请求禁止覆盖" },
  IncompleteBody: { means: "请求体在达到声明的长度之前就结束了" },
  InternalError: { means: "服务内部错误" },
  InvalidAccessKeyId: {
    means: "SecretId 不存在或已被禁用",
    advice: "检查 SecretId：它不存在或已被禁用",
  },
  InvalidArgument: { means: "某个参数或请求头不被服务接受" },
  InvalidBucketName: { means: "存储桶不能使用这个名称" },
  InvalidCopySource: { means: "复制操作的源地址无法识别" },
  InvalidDigest: { means: "Content-MD5 不是 MD5" },
  InvalidObjectName: { means: "对象不能使用这个键" },
  InvalidObjectState: {
    means: "对象处于归档存储类型且尚未恢复",
    advice:
      "该对象已归档：用 --archived-class restore 让运行恢复它（DEEP_ARCHIVE 不支持 --restore-tier Expedited），先自行恢复，或用 --archived-class skip 跳过这类对象",
  },
  InvalidPart: { means: "上传的某个分块不存在，或其 ETag 不符" },
  InvalidPartOrder: { means: "分块没有按顺序列出" },
  InvalidRange: { means: "对象在所请求的范围内没有内容" },
  InvalidRegionName: {
    means: "服务没有这个名称的地域",
    advice: "用 --archive-region 设置错误信息中给出的某个地域",
  },
  InvalidRequest: { means: "该请求不被服务接受" },
  InvalidToken: {
    means: "会话令牌与密钥不匹配",
    advice: "检查会话令牌：它不属于这对密钥",
  },
  InvalidURI: { means: "服务无法识别请求的地址" },
  KeyTooLong: { means: "对象键的字节数超过上限" },
  KmsFreqControl: { means: "对密钥管理服务的请求过于频繁" },
  KmsInternalException: { means: "密钥管理服务内部错误" },
  MalformedXML: { means: "服务无法识别请求体" },
  MetadataTooLarge: {
    means: "对象的元数据超过服务允许的字节数（S3 为 2 KB）",
    advice: "缩短原图的元数据：非 ASCII 内容在 S3 中要多占三分之一的字节",
  },
  MethodNotAllowed: { means: "此处不允许该方法：可能是一个删除标记" },
  MissingContentLength: { means: "请求没有声明长度" },
  MissingRequestBodyError: { means: "请求没有请求体" },
  NoProcessAuthority: {
    means: "密钥没有图片处理权限",
    advice: "授权该密钥对此存储桶使用数据万象（ci-process）",
  },
  NoSuchBucket: { means: "存储桶不存在", advice: "检查存储桶的名称和地域" },
  NoSuchCopySource: { means: "要复制的对象不存在" },
  NoSuchKey: { means: "对象不存在", advice: "重新生成清单，或去掉这个对象键" },
  NoSuchUpload: { means: "该分块上传已不存在" },
  NoSuchVersion: { means: "对象没有这个版本" },
  NotImplemented: { means: "服务不支持该请求" },
  NotModified: { means: "对象没有变化" },
  NotSupportedStorageClass: {
    means: "存储桶不接受这种存储类型的对象",
    advice: "换一个 --storage-class",
  },
  OperationAborted: { means: "同一存储桶上正在进行另一项操作" },
  PaymentRequired: { means: "账户已欠费", advice: "为账户充值，结清欠费" },
  PermanentRedirect: {
    means: "存储桶在别处，很可能在另一个地域",
    advice: "设置错误信息中给出的地域",
  },
  PreconditionFailed: { means: "对象的状态不满足请求的条件" },
  RequestExpired: { means: "签名已过有效期" },
  RequestTimeTooSkewed: { means: "本机时钟与服务的时钟相差过大" },
  RequestTimeout: { means: "请求未能在限定时间内到达" },
  RestoreAlreadyInProgress: { means: "对象正在恢复中" },
  RestoreNonArchiveObject: { means: "对象不是归档存储类型，无需恢复" },
  ServiceUnavailable: { means: "服务暂不可用" },
  SignatureDoesNotMatch: {
    means: "签名与服务计算出的不一致",
    advice: "确认 SecretKey 与 SecretId 是一对，会话令牌属于同一组，并且没有代理改动主机名、路径或请求头",
  },
  TemporaryRedirect: {
    means: "存储桶暂时在别处，例如刚刚创建的存储桶",
    advice: "设置错误信息中给出的地域，或几分钟后重新开始",
  },
  SecondLevelDomainForbidden: {
    means: "服务要求存储桶名称出现在主机名中",
    advice: "把它写进主机名：--archive-endpoint https://{bucket}.HOST",
  },
  SlowDown: { means: "请求过快，被服务限流" },
  UserNetworkTooSlow: { means: "请求传输过慢" },
};

/** X-ErrNo of Cloud Infinite. */
export const errNoTexts: Readonly<Record<number, Text>> = {
  [-29214]: { means: "请求过多" },
  [-164]: { means: "该图片的访问量过大" },
  [-165]: { means: "下载行为疑似攻击" },
  [-901]: { means: "图片处理超时" },
  [-902]: { means: "回源读取超时" },
  [-120]: { means: "源站返回的数据有误" },
  [-154]: { means: "原图保护禁止访问该 URL" },
  [-162]: { means: "账户已欠费" },
  [-167]: { means: "超过图片下载允许的大小" },
  [-168]: { means: "超过图片下载允许的大小" },
};
