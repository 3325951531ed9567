"""SQS and SNS spoken by a real SDK: messaging.py SERVER [unittest arguments]. 77: no boto3 here.

Runs with today's boto3 (SQS in JSON) and with Debian's older one (SQS in the query protocol).
"""
import hashlib, json, pathlib, sys, threading, time, unittest
try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError
except ImportError:
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / 'lib'))
from server import Server  # noqa: E402

SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
ACCOUNT = '000000000000'


class Spoken(Server):
    """tests/svc/sqs/messaging_server.c, which obeys lines."""

    def advance(self, seconds):
        self.say(f'advance {seconds}')

    def metric(self, name):
        return [float(x) for x in self.say(f'metric {name}').split()]

    def client(self, service, key='AKIAROOT000000000000'):
        return boto3.client(service, region_name='us-east-1', endpoint_url=f'http://127.0.0.1:{self.port}',
                            aws_access_key_id=key, aws_secret_access_key=SECRET,
                            config=Config(retries={'max_attempts': 0}, max_pool_connections=50))


class Messaging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Spoken(PROGRAM).__enter__()
        cls.sqs, cls.sns = cls.server.client('sqs'), cls.server.client('sns')

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def setUp(self):
        self.name = self.id().rsplit('.', 1)[1].replace('_', '-')[:60]

    def queue(self, suffix='', **attributes):
        url = self.sqs.create_queue(QueueName=self.name + suffix, Attributes={k: str(v) for k, v in attributes.items()})['QueueUrl']
        return url, f'arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}{suffix}'

    def topic(self, suffix='', **kw):
        return self.sns.create_topic(Name=self.name + suffix, **kw)['TopicArn']

    def receive(self, url, **kw):
        return self.sqs.receive_message(QueueUrl=url, **kw).get('Messages', [])

    def numbers(self, url):
        a = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']
        return tuple(int(a['ApproximateNumberOfMessages' + k]) for k in ('', 'NotVisible', 'Delayed'))

    def fails(self, code, call, *args, **kw):
        with self.assertRaises(ClientError) as caught:
            call(*args, **kw)
        got = caught.exception.response['Error']['Code']
        self.assertIn(got, code if isinstance(code, tuple) else (code,), caught.exception)
        return str(caught.exception)

    NO_QUEUE = ('AWS.SimpleQueueService.NonExistentQueue', 'QueueDoesNotExist')

    # ---- queues ----
    def test_queue_life(self):
        url, arn = self.queue(VisibilityTimeout=5)
        self.assertTrue(url.endswith(f'/{ACCOUNT}/{self.name}'))
        self.assertEqual(self.sqs.get_queue_url(QueueName=self.name)['QueueUrl'], url)
        self.assertIn(url, self.sqs.list_queues(QueueNamePrefix=self.name)['QueueUrls'])
        self.assertEqual(self.queue(VisibilityTimeout=5)[0], url)  # the same again
        self.fails('QueueAlreadyExists', self.queue, VisibilityTimeout=6)
        a = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']
        self.assertEqual((a['QueueArn'], a['VisibilityTimeout'], a['DelaySeconds'], a['MessageRetentionPeriod']), (arn, '5', '0', '345600'))
        self.assertNotIn('RedrivePolicy', a)
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={'DelaySeconds': '3', 'MaximumMessageSize': '1024'})
        a = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['DelaySeconds', 'MaximumMessageSize'])['Attributes']
        self.assertEqual(a, {'DelaySeconds': '3', 'MaximumMessageSize': '1024'})
        self.sqs.delete_queue(QueueUrl=url)
        self.fails(self.NO_QUEUE, self.sqs.get_queue_url, QueueName=self.name)
        self.fails(self.NO_QUEUE, self.sqs.send_message, QueueUrl=url, MessageBody='x')
        self.assertNotIn('QueueUrls', self.sqs.list_queues(QueueNamePrefix=self.name))

    def test_refused_by_name(self):
        self.assertIn('FIFO', self.fails(('AWS.SimpleQueueService.UnsupportedOperation', 'UnsupportedOperation'),
                                         self.sqs.create_queue, QueueName='a.fifo', Attributes={'FifoQueue': 'true'}))
        self.assertIn('KmsMasterKeyId', self.fails(('AWS.SimpleQueueService.UnsupportedOperation', 'UnsupportedOperation'),
                                                   self.queue, KmsMasterKeyId='alias/aws/sqs'))
        self.fails('InvalidAttributeName', self.queue, Nonsense='1')
        self.fails('InvalidAttributeValue', self.queue, VisibilityTimeout='43201')
        self.fails('InvalidAttributeValue', self.queue, Policy='{"Statement": 3}')
        self.fails('InvalidParameterValue', self.sqs.create_queue, QueueName='bad name')

    def test_list_pages(self):
        for i in range(5):
            self.queue(f'-{i}')
        got = [u for page in self.sqs.get_paginator('list_queues').paginate(QueueNamePrefix=self.name, PaginationConfig={'PageSize': 2})
               for u in page.get('QueueUrls', [])]
        self.assertEqual([u.rsplit('-', 1)[1] for u in got], list('01234'))

    def test_tags(self):
        url, _ = self.queue()
        self.sqs.tag_queue(QueueUrl=url, Tags={'a': '1', 'b': '2'})
        self.sqs.untag_queue(QueueUrl=url, TagKeys=['a'])
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=url)['Tags'], {'b': '2'})
        made = self.sqs.create_queue(QueueName=self.name + '-2', tags={'c': '3'})['QueueUrl']
        self.assertEqual(self.sqs.list_queue_tags(QueueUrl=made)['Tags'], {'c': '3'})

    # ---- messages ----
    def test_send_receive_delete(self):
        url, _ = self.queue()
        attributes = {'city': {'DataType': 'String', 'StringValue': 'Wien'}, 'n': {'DataType': 'Number', 'StringValue': '3'},
                      'raw': {'DataType': 'Binary', 'BinaryValue': b'\x00\xff'}}
        sent = self.sqs.send_message(QueueUrl=url, MessageBody='grüß <&> Gott\n', MessageAttributes=attributes)
        self.assertEqual(sent['MD5OfMessageBody'], hashlib.md5('grüß <&> Gott\n'.encode()).hexdigest())
        self.assertEqual(self.numbers(url), (1, 0, 0))
        [m] = self.receive(url, AttributeNames=['All'], MessageAttributeNames=['All'])
        self.assertEqual((m['MessageId'], m['Body'], m['MD5OfBody']), (sent['MessageId'], 'grüß <&> Gott\n', sent['MD5OfMessageBody']))
        self.assertEqual(m['MessageAttributes']['raw']['BinaryValue'], b'\x00\xff')
        self.assertEqual(m['MD5OfMessageAttributes'], sent['MD5OfMessageAttributes'])
        self.assertEqual(m['Attributes']['ApproximateReceiveCount'], '1')
        self.assertEqual(m['Attributes']['SenderId'], ACCOUNT)
        self.assertLess(abs(int(m['Attributes']['SentTimestamp']) / 1000 - time.time()), 10 ** 7)
        self.assertEqual(self.numbers(url), (0, 1, 0))
        self.assertEqual(self.receive(url), [])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=m['ReceiptHandle'])
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=m['ReceiptHandle'])  # gone is gone
        self.assertEqual(self.numbers(url), (0, 0, 0))
        self.fails('ReceiptHandleIsInvalid', self.sqs.delete_message, QueueUrl=url, ReceiptHandle='nonsense')

    def test_attribute_names(self):
        url, _ = self.queue()
        text = lambda v: {'DataType': 'String', 'StringValue': v}
        self.sqs.send_message(QueueUrl=url, MessageBody='x', MessageAttributes={'a.b': text('1'), 'a.c': text('2'), 'd': text('3')})
        [m] = self.receive(url, MessageAttributeNames=['a.*'], VisibilityTimeout=0)
        self.assertEqual(sorted(m['MessageAttributes']), ['a.b', 'a.c'])
        [m] = self.receive(url, VisibilityTimeout=0)
        self.assertNotIn('MessageAttributes', m)
        self.assertNotIn('Attributes', m)

    def test_bad_messages(self):
        url, _ = self.queue(MaximumMessageSize=1024)
        self.fails('InvalidParameterValue', self.sqs.send_message, QueueUrl=url, MessageBody='x' * 1025)
        self.fails('InvalidMessageContents', self.sqs.send_message, QueueUrl=url, MessageBody='a\x01b')
        self.fails('InvalidParameterValue', self.sqs.send_message, QueueUrl=url, MessageBody='x', DelaySeconds=901)
        self.fails('InvalidParameterValue', self.sqs.send_message, QueueUrl=url, MessageBody='x',
                   MessageAttributes={'AWS.x': {'DataType': 'String', 'StringValue': '1'}})
        self.fails('InvalidParameterValue', self.sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)

    def test_visibility_follows_world_time(self):
        url, _ = self.queue(VisibilityTimeout=60)
        self.sqs.send_message(QueueUrl=url, MessageBody='x')
        [m] = self.receive(url)
        self.server.advance(59)
        self.assertEqual(self.receive(url), [])
        self.server.advance(2)
        [again] = self.receive(url, AttributeNames=['ApproximateReceiveCount', 'ApproximateFirstReceiveTimestamp'])
        self.assertEqual(again['Attributes']['ApproximateReceiveCount'], '2')
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=m['ReceiptHandle'])  # an old handle deletes nothing
        self.assertEqual(self.numbers(url), (0, 1, 0))
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=again['ReceiptHandle'], VisibilityTimeout=0)
        self.assertEqual(self.numbers(url), (1, 0, 0))
        self.fails(('AWS.SimpleQueueService.MessageNotInflight', 'MessageNotInflight'), self.sqs.change_message_visibility,
                   QueueUrl=url, ReceiptHandle=again['ReceiptHandle'], VisibilityTimeout=10)
        [third] = self.receive(url)
        self.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=third['ReceiptHandle'], VisibilityTimeout=600)
        self.server.advance(599)
        self.assertEqual(self.receive(url), [])

    def test_delay(self):
        url, _ = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody='x', DelaySeconds=100)
        self.assertEqual(self.numbers(url), (0, 0, 1))
        self.assertEqual(self.receive(url), [])
        self.server.advance(101)
        self.assertEqual(len(self.receive(url)), 1)

    def test_retention(self):
        url, _ = self.queue(MessageRetentionPeriod=60)
        self.sqs.send_message(QueueUrl=url, MessageBody='old')
        self.server.advance(61)
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.numbers(url), (0, 0, 0))

    def test_batches(self):
        url, _ = self.queue(MaximumMessageSize=1024)
        entries = [{'Id': str(i), 'MessageBody': f'm{i}'} for i in range(9)] + [{'Id': 'big', 'MessageBody': 'x' * 1025}]
        answer = self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        self.assertEqual([e['Id'] for e in answer['Successful']], [str(i) for i in range(9)])
        self.assertEqual([(e['Id'], e['SenderFault'], e['Code']) for e in answer['Failed']], [('big', True, 'InvalidParameterValue')])
        got = self.receive(url, MaxNumberOfMessages=10)
        self.assertEqual(sorted(m['Body'] for m in got), [f'm{i}' for i in range(9)])
        changed = self.sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {'Id': str(i), 'ReceiptHandle': m['ReceiptHandle'], 'VisibilityTimeout': 0} for i, m in enumerate(got)])
        self.assertEqual(len(changed['Successful']), 9)
        self.assertEqual(self.numbers(url), (9, 0, 0))
        gone = self.sqs.delete_message_batch(QueueUrl=url, Entries=[
            {'Id': str(i), 'ReceiptHandle': m['ReceiptHandle']} for i, m in enumerate(got)] + [{'Id': 'x', 'ReceiptHandle': 'nonsense'}])
        self.assertEqual((len(gone['Successful']), [e['Id'] for e in gone['Failed']]), (9, ['x']))
        self.assertEqual(self.numbers(url), (0, 0, 0))
        prefix = 'AWS.SimpleQueueService.'
        one = {'Id': 'a', 'MessageBody': 'x'}
        for code, bad in (('BatchEntryIdsNotDistinct', [one, one]), ('TooManyEntriesInBatchRequest', [{'Id': str(i), 'MessageBody': 'x'} for i in range(11)]),
                          ('InvalidBatchEntryId', [{'Id': 'a b', 'MessageBody': 'x'}])):
            self.fails((prefix + code, code), self.sqs.send_message_batch, QueueUrl=url, Entries=bad)
        self.fails((prefix + 'BatchRequestTooLong', 'BatchRequestTooLong'), self.sqs.send_message_batch, QueueUrl=url,
                   Entries=[{'Id': str(i), 'MessageBody': 'x' * 150000} for i in range(8)])

    def test_purge(self):
        url, _ = self.queue()
        for i in range(3):
            self.sqs.send_message(QueueUrl=url, MessageBody='x')
        self.receive(url)
        self.sqs.purge_queue(QueueUrl=url)
        self.assertEqual(self.numbers(url), (0, 0, 0))
        self.fails(('AWS.SimpleQueueService.PurgeQueueInProgress', 'PurgeQueueInProgress'), self.sqs.purge_queue, QueueUrl=url)

    def test_dead_letters(self):
        dead, dead_arn = self.queue('-dead')
        url, arn = self.queue(VisibilityTimeout=1, RedrivePolicy=json.dumps({'deadLetterTargetArn': dead_arn, 'maxReceiveCount': 2}))
        sent = self.sqs.send_message(QueueUrl=url, MessageBody='poison', MessageAttributes={'a': {'DataType': 'String', 'StringValue': 'b'}})
        for _ in range(2):
            self.assertEqual(len(self.receive(url)), 1)
            self.server.advance(2)
        self.assertEqual(self.receive(url), [])
        self.assertEqual((self.numbers(url), self.numbers(dead)), ((0, 0, 0), (1, 0, 0)))
        [m] = self.receive(dead, AttributeNames=['All'], MessageAttributeNames=['All'])
        self.assertEqual((m['MessageId'], m['Body'], m['MessageAttributes']['a']['StringValue']), (sent['MessageId'], 'poison', 'b'))
        self.assertEqual((m['Attributes']['DeadLetterQueueSourceArn'], m['Attributes']['ApproximateReceiveCount']), (arn, '1'))
        self.assertEqual(self.sqs.list_dead_letter_source_queues(QueueUrl=dead)['queueUrls'], [url])
        self.fails('InvalidParameterValue', self.queue, '-2', RedrivePolicy=json.dumps({'deadLetterTargetArn': dead_arn + 'x', 'maxReceiveCount': 2}))
        self.sqs.set_queue_attributes(QueueUrl=dead, Attributes={'RedriveAllowPolicy': json.dumps({'redrivePermission': 'denyAll'})})
        self.fails('InvalidParameterValue', self.queue, '-3', RedrivePolicy=json.dumps({'deadLetterTargetArn': dead_arn, 'maxReceiveCount': '2'}))
        for _ in range(100):  # the metric that the alarm on dead letters reads
            if self.server.metric('ApproximateNumberOfMessagesVisible')[1]:
                break
            time.sleep(0.05)
        self.assertGreater(self.server.metric('ApproximateNumberOfMessagesVisible')[1], 0)

    # ---- waiting ----
    def test_long_poll(self):
        url, _ = self.queue()
        started, got = time.monotonic(), []
        waiter = threading.Thread(target=lambda: got.extend(self.receive(url, WaitTimeSeconds=20)))
        waiter.start()
        time.sleep(0.3)
        self.sqs.send_message(QueueUrl=url, MessageBody='at last')
        waiter.join()
        self.assertEqual([m['Body'] for m in got], ['at last'])
        self.assertLess(time.monotonic() - started, 10)
        started = time.monotonic()
        self.assertEqual(self.receive(url, WaitTimeSeconds=1), [])
        self.assertTrue(0.9 < time.monotonic() - started < 5)

    def test_long_poll_sees_delayed(self):
        url, _ = self.queue()
        self.sqs.send_message(QueueUrl=url, MessageBody='later', DelaySeconds=600)
        got = []
        waiter = threading.Thread(target=lambda: got.extend(self.receive(url, WaitTimeSeconds=20)))
        waiter.start()
        time.sleep(0.3)
        self.server.advance(601)
        waiter.join(10)
        self.assertEqual([m['Body'] for m in got], ['later'])

    def test_long_poll_on_a_deleted_queue(self):
        url, _ = self.queue()
        errors = []
        def wait():
            try:
                self.receive(url, WaitTimeSeconds=20)
            except ClientError as e:
                errors.append(e.response['Error']['Code'])
        waiters = [threading.Thread(target=wait) for _ in range(3)]
        for w in waiters:
            w.start()
        time.sleep(0.3)
        self.sqs.delete_queue(QueueUrl=url)
        for w in waiters:
            w.join(10)
        self.assertEqual(len(errors), 3)

    def test_each_message_to_one_receiver(self):
        url, _ = self.queue()
        n, got, lock = 200, [], threading.Lock()
        def receive_all():
            while True:
                messages = self.receive(url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
                if not messages:
                    return
                with lock:
                    got.extend(m['Body'] for m in messages)
                self.sqs.delete_message_batch(QueueUrl=url, Entries=[{'Id': str(i), 'ReceiptHandle': m['ReceiptHandle']} for i, m in enumerate(messages)])
        receivers = [threading.Thread(target=receive_all) for _ in range(6)]
        for r in receivers:
            r.start()
        for i in range(0, n, 10):
            self.sqs.send_message_batch(QueueUrl=url, Entries=[{'Id': str(k), 'MessageBody': str(i + k)} for k in range(10)])
        for r in receivers:
            r.join()
        self.assertEqual(sorted(map(int, got)), list(range(n)))
        self.assertEqual(self.numbers(url), (0, 0, 0))

    # ---- who may ----
    def allow(self, *statements):
        self.assertEqual(self.server.say('policy ' + (json.dumps({'Version': '2012-10-17', 'Statement': list(statements)}) if statements else '-')), 'ok')

    def test_policies(self):
        url, arn = self.queue()
        topic = self.topic()
        user_sqs, user_sns = self.server.client('sqs', 'AKIAUSER000000000000'), self.server.client('sns', 'AKIAUSER000000000000')
        self.allow()
        self.assertIn('sqs:sendmessage on resource: ' + arn,
                      self.fails(('AccessDenied', 'AccessDeniedException'), user_sqs.send_message, QueueUrl=url, MessageBody='x').lower().replace(arn.lower(), arn))
        self.fails('AuthorizationError', user_sns.publish, TopicArn=topic, Message='x')
        self.allow({'Effect': 'Allow', 'Action': 'sqs:SendMessage', 'Resource': arn}, {'Effect': 'Allow', 'Action': 'sns:Publish', 'Resource': topic})
        user_sqs.send_message(QueueUrl=url, MessageBody='x')
        user_sns.publish(TopicArn=topic, Message='x')
        self.fails(('AccessDenied', 'AccessDeniedException'), user_sqs.receive_message, QueueUrl=url)
        self.allow()
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={'Policy': json.dumps({'Statement': [
            {'Effect': 'Allow', 'Principal': {'AWS': f'arn:aws:iam::{ACCOUNT}:user/anna'}, 'Action': 'sqs:SendMessage', 'Resource': arn}]})})
        user_sqs.send_message(QueueUrl=url, MessageBody='x')
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName='Policy', AttributeValue=json.dumps({'Statement': [
            {'Effect': 'Deny', 'Principal': '*', 'Action': 'sns:Publish', 'Resource': topic}]}))
        self.allow({'Effect': 'Allow', 'Action': '*', 'Resource': '*'})
        self.assertIn('explicit deny', self.fails('AuthorizationError', user_sns.publish, TopicArn=topic, Message='x'))
        self.allow()

    def admit_sns(self, url, arn, topic):
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={'Policy': json.dumps({'Version': '2012-10-17', 'Statement': [
            {'Effect': 'Allow', 'Principal': {'Service': 'sns.amazonaws.com'}, 'Action': 'sqs:SendMessage', 'Resource': arn,
             'Condition': {'ArnEquals': {'aws:SourceArn': topic}}}]})})

    # ---- topics ----
    def test_topic_life(self):
        arn = self.topic(Attributes={'DisplayName': 'Bilder'}, Tags=[{'Key': 'a', 'Value': '1'}])
        self.assertEqual(arn, f'arn:aws:sns:us-east-1:{ACCOUNT}:{self.name}')
        self.assertEqual(self.topic(), arn)
        self.fails('InvalidParameter', self.topic, Attributes={'DisplayName': 'other'})
        self.assertIn(arn, [t['TopicArn'] for t in self.sns.list_topics()['Topics']])
        a = self.sns.get_topic_attributes(TopicArn=arn)['Attributes']
        self.assertEqual((a['DisplayName'], a['Owner'], a['SubscriptionsConfirmed']), ('Bilder', ACCOUNT, '0'))
        self.assertEqual(json.loads(a['Policy'])['Id'], '__default_policy_ID')
        self.sns.tag_resource(ResourceArn=arn, Tags=[{'Key': 'b', 'Value': '2'}])
        self.sns.untag_resource(ResourceArn=arn, TagKeys=['a'])
        self.assertEqual(self.sns.list_tags_for_resource(ResourceArn=arn)['Tags'], [{'Key': 'b', 'Value': '2'}])
        self.fails('ResourceNotFound', self.sns.list_tags_for_resource, ResourceArn=arn + 'x')
        self.sns.delete_topic(TopicArn=arn)
        self.sns.delete_topic(TopicArn=arn)
        self.fails('NotFound', self.sns.get_topic_attributes, TopicArn=arn)
        self.fails('NotFound', self.sns.publish, TopicArn=arn, Message='x')

    def test_topic_refusals(self):
        for name, value in (('KmsMasterKeyId', 'alias/aws/sns'), ('FifoTopic', 'true'), ('DeliveryPolicy', '{}'), ('Nonsense', '1')):
            self.assertIn(name if name != 'Nonsense' else 'AttributeName', self.fails('InvalidParameter', self.topic, Attributes={name: value}))
        topic = self.topic()
        for kw in ({'Message': ''}, {'Message': 'x' * 262145}, {'Message': 'x', 'Subject': 'a\nb'}, {'Message': 'x', 'Subject': 's' * 101},
                   {'Message': 'x', 'MessageStructure': 'json'}, {'Message': '{"sqs":"1"}', 'MessageStructure': 'json'}):
            self.fails('InvalidParameter', self.sns.publish, TopicArn=topic, **kw)
        for protocol, endpoint in (('sms', '+1'), ('email', 'nobody'), ('sqs', 'x'), ('lambda', 'arn:aws:sqs:us-east-1:000000000000:q'), ('https', 'http://x'), ('pigeon', 'x')):
            self.fails('InvalidParameter', self.sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)

    def test_email_stays_pending(self):
        topic = self.topic()
        self.assertEqual(self.sns.subscribe(TopicArn=topic, Protocol='email', Endpoint='a@example.com')['SubscriptionArn'], 'pending confirmation')
        arn = self.sns.subscribe(TopicArn=topic, Protocol='email', Endpoint='a@example.com', ReturnSubscriptionArn=True)['SubscriptionArn']
        self.assertTrue(arn.startswith(topic + ':'))
        [s] = self.sns.list_subscriptions_by_topic(TopicArn=topic)['Subscriptions']
        self.assertEqual((s['SubscriptionArn'], s['Protocol'], s['Endpoint']), ('PendingConfirmation', 'email', 'a@example.com'))
        a = self.sns.get_subscription_attributes(SubscriptionArn=arn)['Attributes']
        self.assertEqual((a['PendingConfirmation'], a['SubscriptionArn'], a['TopicArn']), ('true', arn, topic))
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=topic)['Attributes']['SubscriptionsPending'], '1')
        before = self.server.metric('NumberOfNotificationsDelivered'), self.server.metric('NumberOfNotificationsFailed')
        self.sns.publish(TopicArn=topic, Message='hello', Subject='Image Processing Report')
        time.sleep(0.3)
        self.assertEqual(before, (self.server.metric('NumberOfNotificationsDelivered'), self.server.metric('NumberOfNotificationsFailed')))
        self.sns.unsubscribe(SubscriptionArn=arn)
        self.assertEqual(self.sns.list_subscriptions_by_topic(TopicArn=topic)['Subscriptions'], [])
        self.fails('NotFound', self.sns.get_subscription_attributes, SubscriptionArn=arn)

    def test_topic_to_queue(self):
        url, arn = self.queue()
        topic = self.topic()
        self.admit_sns(url, arn, topic)
        subscription = self.sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn)['SubscriptionArn']
        self.assertTrue(subscription.startswith(topic))
        attributes = {'kind': {'DataType': 'String', 'StringValue': 'cat'}}
        sent = self.sns.publish(TopicArn=topic, Message='päng', Subject='Bild', MessageAttributes=attributes)['MessageId']
        [m] = self.receive(url, WaitTimeSeconds=10)
        body = json.loads(m['Body'])
        self.assertEqual((body['Type'], body['MessageId'], body['TopicArn'], body['Subject'], body['Message']),
                         ('Notification', sent, topic, 'Bild', 'päng'))
        self.assertEqual(body['MessageAttributes'], {'kind': {'Type': 'String', 'Value': 'cat'}})
        self.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName='RawMessageDelivery', AttributeValue='true')
        self.sns.publish(TopicArn=topic, Message='{"default": "d", "sqs": "s"}', MessageStructure='json', MessageAttributes=attributes)
        [m] = self.receive(url, WaitTimeSeconds=10, MessageAttributeNames=['All'])
        self.assertEqual((m['Body'], m['MessageAttributes']['kind']['StringValue']), ('s', 'cat'))
        self.assertGreaterEqual(self.server.metric('NumberOfNotificationsDelivered')[0], 2)
        self.assertGreater(self.server.metric('PublishSize')[0], 0)

    def test_queue_that_does_not_admit(self):
        url, arn = self.queue()
        topic = self.topic()
        failed = self.server.metric('NumberOfNotificationsFailed')[0]
        dead, dead_arn = self.queue('-dead')
        self.admit_sns(dead, dead_arn, topic)
        self.sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={'RedrivePolicy': json.dumps({'deadLetterTargetArn': dead_arn})})
        self.sns.publish(TopicArn=topic, Message='x')
        self.assertEqual(len(self.receive(dead, WaitTimeSeconds=10)), 1)
        self.assertEqual(self.numbers(url), (0, 0, 0))
        self.assertEqual(self.server.metric('NumberOfNotificationsFailed')[0], failed + 1)

    def test_topic_to_function(self):
        topic = self.topic()
        subscription = self.sns.subscribe(TopicArn=topic, Protocol='lambda', Endpoint=f'arn:aws:lambda:us-east-1:{ACCOUNT}:function:f')['SubscriptionArn']
        self.sns.publish(TopicArn=topic, Message='for the function')
        for _ in range(100):
            text = self.server.say('lambda')
            if 'for the function' in text:
                break
            time.sleep(0.05)
        [record] = json.loads(text)['Records']
        self.assertEqual((record['EventSource'], record['EventSubscriptionArn'], record['Sns']['TopicArn']), ('aws:sns', subscription, topic))

    def test_filter_policy(self):
        url, arn = self.queue()
        topic = self.topic()
        self.admit_sns(url, arn, topic)
        self.sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={
            'FilterPolicy': json.dumps({'kind': ['cat', {'prefix': 'do'}], 'size': [{'numeric': ['>', 10]}]}), 'RawMessageDelivery': 'true'})
        def publish(text, kind, size):
            self.sns.publish(TopicArn=topic, Message=text, MessageAttributes={
                'kind': {'DataType': 'String', 'StringValue': kind}, 'size': {'DataType': 'Number', 'StringValue': size}})
        publish('1', 'cat', '11')
        publish('2', 'cow', '11')
        publish('3', 'dog', '10')
        publish('4', 'dog', '1e2')
        self.sns.publish(TopicArn=topic, Message='5')
        got = []
        while len(got) < 2:
            got += [m['Body'] for m in self.receive(url, WaitTimeSeconds=10, MaxNumberOfMessages=10)]
        self.assertEqual(sorted(got), ['1', '4'])
        self.assertEqual(self.receive(url), [])
        self.assertEqual(self.server.metric('NumberOfNotificationsFilteredOut')[0], 2)
        self.assertEqual(self.server.metric('NumberOfNotificationsFilteredOut-NoMessageAttributes')[0], 1)
        subscription = self.sns.list_subscriptions_by_topic(TopicArn=topic)['Subscriptions'][0]['SubscriptionArn']
        for bad in ('{"a": "b"}', '{', '{"a": [{"nonsense": 1}]}', json.dumps({str(i): ['x'] for i in range(6)})):
            self.fails('InvalidParameter', self.sns.set_subscription_attributes, SubscriptionArn=subscription, AttributeName='FilterPolicy', AttributeValue=bad)
        self.fails('InvalidParameter', self.sns.set_subscription_attributes, SubscriptionArn=subscription, AttributeName='FilterPolicyScope', AttributeValue='MessageBody')

    def test_subscription_pages(self):
        topic = self.topic()
        for i in range(105):
            self.sns.subscribe(TopicArn=topic, Protocol='email', Endpoint=f'{i}@example.com')
        got = [s['Endpoint'] for page in self.sns.get_paginator('list_subscriptions_by_topic').paginate(TopicArn=topic) for s in page['Subscriptions']]
        self.assertEqual(len(set(got)), 105)

    def test_events_of_other_services(self):
        url, arn = self.queue()
        topic = self.topic()
        self.admit_sns(url, arn, topic)
        self.sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn, Attributes={'RawMessageDelivery': 'true'})
        source = 'arn:aws:s3:::photos'
        self.server.say(f'deliver {topic} s3.amazonaws.com {source} denied')
        time.sleep(0.3)
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName='Policy', AttributeValue=json.dumps({'Statement': [
            {'Effect': 'Allow', 'Principal': {'Service': 's3.amazonaws.com'}, 'Action': 'sns:Publish', 'Resource': topic,
             'Condition': {'ArnLike': {'aws:SourceArn': source}, 'StringEquals': {'aws:SourceAccount': ACCOUNT}}}]}))
        self.server.say(f'deliver {topic} s3.amazonaws.com {source} allowed')
        self.server.say(f'deliver {arn} lambda.amazonaws.com arn:aws:lambda:us-east-1:{ACCOUNT}:function:f dead letter')
        self.server.say(f'deliver {topic} lambda.amazonaws.com arn:aws:lambda:us-east-1:{ACCOUNT}:function:f destination')
        got = []
        while len(got) < 3:
            more = [m['Body'] for m in self.receive(url, WaitTimeSeconds=10, MaxNumberOfMessages=10)]
            self.assertTrue(more, got)
            got += more
        self.assertEqual(sorted(got), ['allowed', 'dead letter', 'destination'])
        self.assertEqual(self.receive(url), [])


if __name__ == '__main__':
    PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=1)
