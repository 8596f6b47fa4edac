import { createBucketClient, readSettings, runHere, startEmulator } from "cos-originals";
import { handler } from "cos-originals/lambda";
import { SendMessageCommand, SQSClient } from "cos-originals/queue";
import { main_handler } from "cos-originals/scf";

export const region: number = readSettings({}).values.region; // wrong
void startEmulator({ dataDir: "data" }); // wrong
void createBucketClient({ bucket: "photos-1250000000" }); // wrong
void runHere(); // wrong
new SQSClient({}).send(new SendMessageCommand({ QueueUrl: 1, MessageBody: "hello" })); // wrong
handler({}, {}); // wrong
main_handler({}, { time_limit_in_ms: "60" }); // wrong
