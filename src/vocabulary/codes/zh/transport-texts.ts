/** transport-codes.ts, in Chinese. */
import type { transportCodes } from "../transport-codes.ts";
import type { Texts } from "./text.ts";

export const transportTexts: Texts<keyof typeof transportCodes> = {
  BareReply: {
    means: "响应表示成功，却没有给出对象的任何信息：既无 ETag，也无 CRC64",
    advice: "检查访问域名（endpoint），并确认没有网关或代理改动响应",
  },
  BodyTimeout: { means: "响应体停止传输，或传输过慢" },
  ClientClosed: { means: "请求尚未结束，客户端已关闭" },
  ConnectionEnded: { means: "对端在返回响应之前关闭了连接" },
  EADDRNOTAVAIL: { means: "本机已没有可用于发起连接的端口", advice: "降低 --concurrency" },
  EMFILE: {
    means: "进程可打开的文件和连接数已达上限",
    advice: "提高 ulimit -n，或降低 --concurrency",
  },
  ENFILE: { means: "本机可打开的文件和连接数已达上限", advice: "降低 --concurrency" },
  ConnectTimeout: { means: "未能在限定时间内建立连接" },
  HeadersTimeout: { means: "未能在限定时间内收到完整的响应头" },
  LengthMismatch: { means: "要发送的内容与声明的长度不符" },
  MalformedHttp: { means: "对端使用的不是 HTTP/1.1" },
  MalformedReply: { means: "收到的内容不是 HTTP 响应，或不是该服务的应答" },
  NotTheService: {
    means: "响应中没有该服务的请求 ID，说明应答来自网关、代理或登录页",
    advice: "有人代替该服务作了应答：检查访问域名（endpoint），以及中间的网关或代理",
  },
  ProxyFailed: {
    means: "代理无法连接，或代理无法连接到该服务",
    advice: "检查 HTTPS_PROXY 和 HTTP_PROXY，或把该主机列入 NO_PROXY",
  },
  ProxyRefused: {
    means: "代理要求其他凭据，或拒绝连接到该服务",
    advice: "检查 HTTPS_PROXY 和 HTTP_PROXY，或把该主机列入 NO_PROXY",
  },
  ReplyTooLarge: { means: "响应大于此类响应允许的大小" },
  StoredOtherBytes: {
    means: "从 ETag 看，归档存储写入的内容与发送的内容不同",
    advice:
      "内容会重新发送；若持续出现，可能是传输途中有什么改动了内容，也可能该存储的 ETag 不是 MD5，却没有说明它加密了内容",
  },
  TlsRefused: {
    means: "无法建立 TLS 连接：协议版本过旧，或该端口上的服务不使用 TLS",
    advice: "检查访问域名（endpoint）及其端口；需要 TLS 1.2 或更高版本",
  },
  UnorderedListing: {
    means: "该存储不按 UTF-8 的顺序列出对象键，或不能从某个键之后开始列出（start-after）",
    advice: "把账本和归档放在按序列出的存储中；用 --ledger 指定运行记录在哪里",
  },
  UntrustedCertificate: {
    means: "对端证书已过期、属于其他主机，或不由受信任的机构签发",
    advice: "检查访问域名（endpoint）和本机时钟；若有代理解密流量，用 NODE_EXTRA_CA_CERTS 指定其签发机构",
  },
  RequestAborted: { means: "请求由本端放弃" },
};
