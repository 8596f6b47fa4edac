/** row-codes.ts, in Chinese. */
import type { rowCodes } from "../row-codes.ts";
import type { Texts } from "./text.ts";

export const rowTexts: Texts<keyof typeof rowCodes> = {
  InvalidRow: {
    means: "清单中的这一行没有给出可归档的对象键",
    advice: "按消息中指出的行号和列号修正该行",
  },
  Duplicate: { means: "清单中前面已有一行是同一原图，且归档键相同" },
  ArchiveKeyCollision: {
    means: "前面另一张原图的行已占用同一个归档键",
    advice: "选用含 {key} 或 {dir} 的模板，或为该行单独指定 archiveKey",
  },
  ArchiveKeyInSource: {
    means: "归档键落在源位置内，可能覆盖原图",
    advice: "归档到另一个存储桶或前缀，或为该行指定其他 archiveKey",
  },
  ArchiveKeyInLedger: {
    means: "归档键落在账本内（本次任务的或其他任务的）",
    advice: "换一个归档前缀或模板，或为该行指定其他 archiveKey",
  },
  Unchanged: { means: "根据列举结果，归档中已有这张原图；在 --if-exists keep 下，则是已有任意对象" },
  AlreadyArchived: { means: "归档中已有这张原图" },
  Kept: { means: "归档键已被占用，按 --if-exists keep 保持原样" },
  Changed: { means: "清单生成之后源对象有变化，已按现在的内容归档" },
  ArchiveKeyExists: {
    means: "归档键已被另一个对象占用，按 --if-exists fail 保持原样",
    advice: "换一个归档前缀或模板，或改用 --if-exists skip",
  },
  HistoryImpossible: {
    means: "归档键下现有的对象无法先复制到历史目录，因此没有写入任何内容",
    advice: "解决消息中指出的问题，然后对该任务执行 redrive",
  },
  ArchiveMismatch: {
    means: "归档存储返回的校验值与发送的内容不一致",
    advice: "对该任务执行 redrive；若再次出现，请带上请求 ID 联系服务方",
  },
  ArchiveMissing: {
    means: "两次尝试在同一归档键下写入了不同的内容，而归档中现在两者都不存在",
    advice: "查明是谁删除了归档中的对象，然后对该任务执行 redrive",
  },
  NoProof: {
    means: "除响应本身之外，没有任何信息能说明原图是什么，因此无法证明其内容",
    advice: "让 --proof 接受该存储桶能提供的依据：crc64，或仅凭长度的 size",
  },
  VersionIgnored: {
    means: "originImage 返回的版本不是该行 versionId 指定的版本",
    advice: "只归档最新版本：清单中不要填写 versionId",
  },
  NotTheOriginal: {
    means: "两次取回的内容都不是原图：可能是存储桶“4xx 图片设置”的占位图",
    advice: "用 cos-originals doctor --key 检查该对象键，并检查存储桶的“4xx 图片设置”",
  },
  PlaceholderReply: {
    means: "HEAD 能找到该对象，返回的却是存储桶“4xx 图片设置”的占位图（X-ErrNo -6101），而不是原图",
    advice: "把存储桶的“4xx 图片设置”改为“返回码”（Return code），就能看到真正的原因，然后对该任务执行 redrive",
  },
  SlimmedReply: {
    means: "极智压缩（Smart Compression）以原图的 ETag 返回了更小的内容（X-SlimFlag）",
    advice: "关闭存储桶的极智压缩（Smart Compression），或将其模式由 Auto 改为 API，然后对该任务执行 redrive",
  },
  SourceChanged: {
    means: "清单生成之后源对象有变化，或每次取回时都在变化",
    advice: "重新生成清单，或用 --if-changed archive 按现状归档",
  },
  RetriesExhausted: {
    means: "--max-attempts 允许的次数都已用完且全部失败；消息给出最后一次的原因",
    advice: "解决消息中指出的问题，然后对该任务执行 redrive",
  },
  BeingRestored: { means: "原图正在从归档存储类型恢复，预计完成时会再次查看" },
  Started: { means: "处理该行时曾有进程终止，因此单独重试这一行" },
  Interrupted: { means: "该行尚未结束，任务就被要求停止或时间已用完" },
  OnTrial: { means: "本次任务尚未成功归档任何对象，而试取失败的行数已达上限" },
  CapReached: { means: "该分片在 --max-cost 和 --max-bytes 内可用的额度已用完；上限有余量时会继续" },
  OutOfTime: {
    means: "原图还在传输，本次投递的时间就用完了",
    advice: "给函数更长的超时时间，或更多的处理器资源",
  },
  ProgramFault: { means: "cos-originals 自身的缺陷", advice: "请带上该消息反馈给我们" },
};
