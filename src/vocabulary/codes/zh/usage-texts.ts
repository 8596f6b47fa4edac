/** usage-codes.ts, in Chinese. */
import type { usageCodes } from "../usage-codes.ts";
import type { Texts } from "./text.ts";

export const usageTexts: Texts<keyof typeof usageCodes> = {
  InvalidSetting: { means: "某项设置的值不合法" },
  MissingSetting: { means: "缺少该命令需要的设置" },
  InvalidConfig: { means: "配置文件无法读取，或其中有不存在的设置" },
  ConfigExists: {
    means: "要写入的配置文件已经存在",
    advice: "用 --out 指定另一个文件，或加上 --overwrite",
  },
  UnknownCode: { means: "要解释的错误码不在目录中" },
  InvalidFindings: {
    means: "探测结果文件无法读取，或其中的值不合法",
    advice: "请提供 doctor --probe --json 输出的内容",
  },
  ProbeUnasked: { means: "探测没有得到确认", advice: "在终端上确认，或加上 --yes" },
  CheckNeeded: {
    means: "要关闭原图保护，但没有任何核对说明原图都已归档",
    advice: "先核对源与归档，再提供证明两者一致的证书",
  },
  CheckDisagreed: {
    means: "要关闭原图保护，但核对发现归档并不包含全部原图",
    advice: "归档缺少或不同的对象，然后重新核对",
  },
  CheckOutdated: {
    means: "要关闭原图保护，但有些原图在核对时没有看到",
    advice: "归档新增的原图，然后重新核对整个存储桶",
  },
  InvalidCertificate: {
    means: "该文件不是核对证书",
    advice: "请提供 check --certificate 写出的文件",
  },
  CostNotAgreed: {
    means: "任务的费用可能超过 --confirm-above，且没有得到确认",
    advice: "在终端上确认，或加上 --yes",
  },
  MissingCredentials: {
    means: "没有密钥",
    advice: "设置 TENCENTCLOUD_SECRETID 和 TENCENTCLOUD_SECRETKEY，或用 --credentials-from 说明密钥在哪里",
  },
  SecretUnreadable: {
    means: "AWS 保管的密钥无法读取，或内容不符合要求",
    advice: "允许读取它，或按提示的格式保存",
  },
  SecretUnreachable: {
    means: "保管密钥的服务暂时没有应答",
    advice: "稍后继续；在专用网络中请确认可以访问该服务",
  },
  MalformedSecretId: {
    means: "SecretId 中有不可能出现的字符",
    advice: "检查它所在的设置，看是否混入了多余的字符",
  },
  InvalidAddress: { means: "地址不是 cos://BUCKET-APPID[/PREFIX] 的形式" },
  InvalidBucket: {
    means: "没有给出存储桶的完整名称",
    advice: "请给出带 APPID 的名称，例如 photos-1250000000",
  },
  InvalidRegion: { means: "地域不正确" },
  MissingRegion: {
    means: "没有给出存储桶的地域",
    advice: "请给出 --region、--source-region 或 --archive-region",
  },
  InvalidEndpoint: { means: "访问域名（endpoint）不是可以访问的地址" },
  PlainHttpRefused: {
    means: "访问域名（endpoint）会以明文 http 访问",
    advice: "改用 https，或用 --allow-http 允许该主机",
  },
  InvalidProxy: {
    means: "HTTPS_PROXY 或 HTTP_PROXY 不是代理的地址",
    advice: "请给出形如 http://proxy.example:3128 的地址，或取消设置",
  },
  PlacesOverlap: {
    means: "源、归档、账本三者中有一个位于另一个之内",
    advice: "归档到另一个存储桶，或分别指定互不包含的前缀",
  },
  PlacesTaken: {
    means: "另一个任务正在把同一个源归档到同一个位置",
    advice: "等它结束、取消它，或用 --beside 与它同时开始",
  },
  PlaceNotAllowed: {
    means: "消息中的位置或通知对象不在工作进程的设置允许之列",
    advice: "若确有此意，把该位置加入工作进程的 ORIGINALS_ALLOW",
  },
  InvalidArchiveKey: { means: "归档键模板中有未知字段，或会让所有原图同名" },
  InvalidRunId: { means: "任务 ID 不合法，或过长" },
  OutUnwritable: { means: "报告的输出文件夹无法写入" },
  InvalidEvent: { means: "平台的事件无法识别" },
  InvalidArn: { means: "队列的 ARN 无法识别" },
  InvalidMessage: { means: "该消息不是此版本能处理的消息" },
  TimeLimitTooShort: {
    means: "轮询队列的函数时间太短，处理不了任何消息",
    advice: "把函数的超时时间设为 900 秒",
  },
  NotWorked: { means: "事件中有消息必须重新投递" },
  InvalidQueue: { means: "队列没有写成 memory:、sqs:URL 或 tdmq:URL 的形式" },
  NoSuchQueue: { means: "队列不存在", advice: "检查它的 URL、账户和地域" },
  QueueUnreachable: { means: "无法连接队列" },
  QueueRefused: { means: "队列拒绝了请求" },
  NotSqsJson: { means: "队列的访问地址不支持 SQS JSON 协议" },
  NotTdmqCmq: { means: "队列的访问地址不支持 TDMQ for CMQ 协议" },
  PlainHttp: {
    means: "队列或 webhook 会以明文 http 访问",
    advice: "改用 https，或用 --allow-http 允许该主机",
  },
  UnknownFormat: {
    means: "没有说明清单的格式，从文件名也看不出来",
    advice: "用 --format 说明",
  },
  EmptyManifest: { means: "清单中没有任何行" },
  ManifestBinary: { means: "清单根本不是文本" },
  ManifestChanged: { means: "清单在读取期间，或在提出任务之后发生了变化" },
  ManifestElsewhere: { means: "清单是另一个进程的文件", advice: "在任务最初开始的地方启动它" },
  ManifestEncoding: {
    means: "清单的编码是 UTF-16 或 GBK，而不是 UTF-8",
    advice: '另存为 UTF-8；电子表格软件中称为"CSV UTF-8"',
  },
  ManifestForbidden: { means: "没有读取清单的权限", advice: "检查密钥对它的权限" },
  ManifestFormat: { means: "此处不支持这种格式的清单" },
  ManifestFrozen: { means: "清单存放在归档存储类型中", advice: "先恢复它" },
  ManifestHeader: {
    means: "CSV 的第一条记录既不是表头，也不是数据行",
    advice: "用 --format 说明格式，或修正第一行",
  },
  ManifestLooksOtherwise: {
    means: "清单声明为每行一个对象键，但前几行看起来是别的内容",
    advice: "用 --format 说明格式，或只给出对象键；确实长成这样的对象键，可写成 JSON lines",
  },
  ManifestPlus: {
    means: "URL 编码的清单中，一行里有 +，另一行里有 %20：+ 是空格还是加号？",
    advice: "加号写成 %2B；空格在所有行中统一写成 %20，或统一写成 +",
  },
  ManifestMissing: { means: "清单不存在" },
  ManifestNotArray: { means: "该 JSON 不是数组" },
  ManifestNotAsSaid: { means: "按声明的格式，一行也读不出来", advice: "用 --format 说明格式" },
  ManifestSyntax: { means: "JSON 已损坏，无法判断下一行从哪里开始" },
  ManifestTooLong: {
    means: "--except 的清单行数过多，无法全部记住",
    advice: "改用 --exclude 排除，或直接从清单中去掉",
  },
  ManifestUnreadable: { means: "清单是损坏或被截断的 gzip，或无法打开" },
  ManifestUnterminated: { means: "JSON 在数组结束之前就中断了" },
  ManifestUnversioned: { means: "清单没有 ETag，而任务以它命名", advice: "重新复制一份" },
  InventoryInvalid: {
    means: "该 manifest.json 不是清单报告，或列出的文件不是 CSV 格式，或含有版本却没有说明哪些是最新版本",
  },
  PartMissing: { means: "清单报告中列出的文件不存在" },
  PartForbidden: { means: "没有读取清单报告中某个文件的权限", advice: "检查密钥对它的权限" },
  PartChanged: { means: "清单报告中的某个文件与其描述不符" },
  HistoryMissing: {
    means: "无法得知归档在另一时刻的内容：没有给出 --history，存储桶也没有保留版本",
    advice: "给出当时任务所用的 --history，或不要使用 --at",
  },
  RestoreUnasked: {
    means: "restore 会写到已有对象的位置，或写入源，而没有得到任何人的确认",
    advice: "用 --yes 确认",
  },
  HistoryUnsafe: {
    means: "要求保留历史，但被替换的内容仍可能丢失：存储桶已暂停版本控制，或使用了归档存储类型",
    advice: "归档到安全的位置，或不要使用 --history",
  },
  NoSuchRun: { means: "账本中没有这个任务" },
  RunDiffers: { means: "该任务已存在，而当时的要求与此不同", advice: "换一个任务 ID" },
  RunEnded: {
    means: "任务已经结束，没有做任何事",
    advice: "每晚的任务用 --run 'nightly-{date}' 命名，或换一个 ID；使用 --if-exists overwrite 时加上 --again",
  },
  TooFewRows: {
    means: "列举到的对象少于 --min-rows 要求的数量",
    advice: "检查前缀，或调整 --min-rows",
  },
  NothingInScope: {
    means: "该任务归档的对象没有一个在指定范围内，校验无从进行",
    advice: "检查给出的通配符、大小和例外清单",
  },
  RunNotPlanned: { means: "任务仍在规划中" },
  RunStopped: { means: "任务已被取消或中止", advice: "用 cos-originals resume 让它继续" },
  NoCap: {
    means: "任务开始时没有上限，恢复时却给出了上限",
    advice: "恢复时不要使用 --max-cost 和 --max-bytes",
  },
  NotStopped: {
    means: "任务既没有取消也没有中止，却要修改它的上限",
    advice: "先取消它，或等到它中止",
  },
  LedgerIncomplete: {
    means: "账本中缺少一个被其他对象引用的对象，或已写入的结果未被列出",
    advice: "几分钟后再试，存储可能延迟列出；如果仍然如此，查明是谁删除了账本中的对象",
  },
  LedgerUnlisted: {
    means: "账本所在的存储列不出刚刚写入的内容",
    advice: "用 --ledger 把任务记录到别处",
  },
  LedgerUnreadable: {
    means: "账本中有一个对象不是此版本写入的",
    advice: "除 cos-originals 外，不要让其他程序写入账本，并使用最新版本",
  },
  NewerThanTool: {
    means: "该消息或账本中的内容由更新版本的 cos-originals 写入",
    advice: "升级报告此错误的工作进程或命令行；在此之前，消息会被退回队列",
  },
  DataDirInUse: {
    means: "模拟器的数据文件夹正在使用中",
    advice: "停止另一个模拟器，或指定另一个文件夹",
  },
  DataDirUnreadable: {
    means: "模拟器的数据文件夹已损坏，或由其他版本写入",
    advice: "删除该文件夹，或指定另一个",
  },
  InvalidProtection: { means: "模拟器的原图保护设置不正确" },
  PortInUse: { means: "端口已被占用", advice: "换一个 --port" },
  UnknownSwitch: { means: "模拟器没有这个开关" },
  PackageMissing: {
    means: "所要求的功能需要一个并非依赖项的软件包，而它没有安装",
    advice: "在安装 cos-originals 的地方安装它",
  },
};
