#!/bin/sh
# Start SeaweedFS for compose: two identities from the environment, every default that is unsafe
# turned off (telemetry, the filer's open HTTP port, buckets on request).
set -eu
umask 077
mkdir -p /data/store
cat >/data/s3.json <<JSON
{"identities": [
  {"name": "admin",
   "credentials": [{"accessKey": "$S3_ADMIN_ACCESS_KEY_ID", "secretKey": "$S3_ADMIN_SECRET_ACCESS_KEY"}],
   "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
  {"name": "app",
   "credentials": [{"accessKey": "$S3_ACCESS_KEY_ID", "secretKey": "$S3_SECRET_ACCESS_KEY"}],
   "actions": ["Read:$S3_BUCKET", "Write:$S3_BUCKET", "List:$S3_BUCKET", "Tagging:$S3_BUCKET"]}
]}
JSON
exec weed -logtostderr=true mini -dir=/data/store -ip="${SEAWEEDFS_NAME:-seaweedfs}" -ip.bind=0.0.0.0 \
  -master.port=9333 -master.port.grpc=19333 -volume.port=9340 -volume.port.grpc=19340 \
  -filer.port=8888 -filer.port.grpc=18888 -s3.port=8333 -s3.port.grpc=18333 \
  -s3.port.iceberg=0 -s3.port.lance=0 -webdav=false -admin.ui=false \
  -master.telemetry=false -disableHttp -s3.config=/data/s3.json -s3.iam=false \
  -s3.autoCreateBucket=false -s3.allowDeleteBucketNotEmpty=false
